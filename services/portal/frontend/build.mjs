// Copies what the browser needs from node_modules to portal/static/vendor, and fails if a stylesheet there names a
// file that is not there. Files are copied as their makers ship them, each with its licence.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const HERE = import.meta.dirname;
const MODULES = join(HERE, "node_modules");
const VENDOR = resolve(HERE, "../portal/static/vendor");

const FILES = {
  "bpmn-js/LICENSE": "bpmn-js/LICENSE",
  "bpmn-js/dist/assets/bpmn-js.css": "bpmn-js/assets/bpmn-js.css",
  "bpmn-js/dist/assets/diagram-js.css": "bpmn-js/assets/diagram-js.css",
  "bpmn-js/dist/bpmn-navigated-viewer.production.min.js": "bpmn-js/bpmn-navigated-viewer.production.min.js",
  "dkfds/dist/LICENSE.md": "dkfds/LICENSE.md",
  "dkfds/dist/css/dkfds.min.css": "dkfds/css/dkfds.min.css",
  "dkfds/dist/img/all-svg-icons.svg": "dkfds/img/all-svg-icons.svg",
  "dkfds/dist/js/dkfds.min.js": "dkfds/js/dkfds.min.js",
  "htmx.org/LICENSE": "htmx/LICENSE",
  "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
};

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

// The files that a stylesheet names, relative to itself; not data: and other addresses.
function references(stylesheet) {
  const named = readFileSync(stylesheet, "utf8").matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)"']*))\s*\)/g);
  const paths = [...named].map((found) => found[1] ?? found[2] ?? found[3]);
  return new Set(paths.filter((path) => !/^([a-z]+:|\/\/|#)/i.test(path)).map((path) => path.split(/[?#]/)[0]));
}

rmSync(VENDOR, { recursive: true, force: true });
for (const [from, to] of Object.entries(FILES)) {
  copy(join(MODULES, from), join(VENDOR, to));
  if (!to.endsWith(".css")) continue;
  for (const path of references(join(MODULES, from))) {
    const source = join(MODULES, dirname(from), path);
    if (!existsSync(source)) throw new Error(`${from} names ${path}, which its package does not hold`);
    copy(source, join(VENDOR, dirname(to), path));
  }
}

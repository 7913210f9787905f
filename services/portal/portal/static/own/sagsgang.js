// What the pages do beyond plain HTML. Every page works without this file.
"use strict";

(() => {
  const form = document.getElementById("sg-form");

  if (window.DKFDS) DKFDS.init();
  document.querySelector("#sg-errors, #sg-conflict")?.focus();

  // A link to a field inside a fold opens the fold.
  const reveal = () => {
    const field = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = field && field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (field) field.focus();
  };
  window.addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#f-"]');
    if (link) setTimeout(reveal);
  });
  reveal();

  // What asks again by itself rests while nobody looks, and asks at once when somebody does again.
  const live = ["sg-live", "sg-bell"];
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && live.includes(event.target.id)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    for (const id of document.hidden ? [] : live) document.getElementById(id)?.dispatchEvent(new Event("sg-back"));
  });

  // Autosave: the state is always visible, and a line that is lost is said in words.
  if (form) {
    const line = document.getElementById("sg-save");
    let under_way = 0;
    let typed = 0, saved = 0; // what was typed last, and how far that is saved: nobody leaves the page unawares
    let asked = 0;
    let wanted = null; // the button pressed while a save was under way: it waits, or it would stand against itself
    const say = (words, failed) => {
      const span = document.createElement("span");
      span.className = failed ? "sg-save-failed" : "sg-save-busy";
      span.textContent = words;
      line.replaceChildren(span);
    };
    form.addEventListener("input", () => { typed += 1; });
    form.addEventListener("htmx:after:swap", () => { if (line.querySelector(".sg-save-ok")) saved = asked; });
    window.addEventListener("beforeunload", (event) => { if (typed > saved) event.preventDefault(); });
    const begun = new WeakSet();
    form.addEventListener("htmx:before:request", (event) => {
      if (line.querySelector("[data-conflict]")) { event.preventDefault(); return; } // the person chooses first
      // A save that has waited for another says what stands there by now, on top of what the other one has saved.
      event.detail.ctx.request.body = new URLSearchParams(new FormData(form));
      begun.add(event.detail.ctx);
      asked = typed;
      under_way += 1;
      say(form.dataset.saving, false);
    });
    form.addEventListener("htmx:error", () => say(form.dataset.failed, true));
    form.addEventListener("htmx:finally:request", (event) => {
      if (!begun.delete(event.detail.ctx)) return;
      under_way -= 1;
      if (wanted === null || under_way) return;
      const button = wanted;
      wanted = null;
      setTimeout(() => form.requestSubmit(button && button.isConnected ? button : undefined)); // it may be gone by now
    });
    form.addEventListener("submit", (event) => {
      if (under_way) { event.preventDefault(); wanted = event.submitter || false; } else saved = Infinity;
    });
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); form.requestSubmit(); }
    });
  }

  // The process as a diagram, with the place of the case marked. The same steps stand as a list beside it.
  const draw = async (canvas) => {
    if (canvas.dataset.drawn || !window.BpmnJS) return;
    canvas.dataset.drawn = "1";
    canvas.hidden = false;
    try {
      const answer = await fetch(canvas.dataset.diagram, { headers: { Accept: "application/xml" } });
      if (!answer.ok) throw new Error(answer.status);
      const viewer = new BpmnJS({ container: canvas });
      await viewer.importXML(await answer.text());
      const registry = viewer.get("elementRegistry");
      const here = canvas.dataset.marks.split(" ").map((id) => registry.get(id)).filter(Boolean);
      for (const element of here) {
        viewer.get("canvas").addMarker(element, "sg-here");
        const label = document.createElement("div");
        label.className = "sg-here-label";
        label.textContent = canvas.dataset.here;
        viewer.get("overlays").add(element, { position: { top: -30, left: 0 }, html: label });
      }
      viewer.get("canvas").zoom("fit-viewport", "auto");
      if (viewer.get("canvas").zoom() < 0.6 && here.length) { // too small to read: begin where the case is
        viewer.get("canvas").zoom(0.75);
        viewer.get("canvas").scrollToElement(here[0], 160);
      }
    } catch (error) {
      canvas.hidden = true;
    }
  };
  for (const fold of document.querySelectorAll("details[data-diagram-fold]")) {
    const canvas = fold.querySelector("[data-diagram]");
    fold.hidden = false;
    fold.addEventListener("toggle", () => fold.open && draw(canvas));
    if (window.matchMedia("(min-width: 992px)").matches) fold.open = true;
  }
})();

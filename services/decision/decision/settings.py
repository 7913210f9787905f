"""Decision's own settings, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env
from sqlalchemy.engine import make_url
from stdnum.dk import cvr

from casework.configuration import Misconfigured
from casework.service.settings import OwnSettings, Settings


@dataclass(frozen=True, kw_only=True)
class DecisionSettings(OwnSettings):
    """Read from the environment: DECISION_POST_FOLDER, DECISION_SENDER_CVR."""

    service = "decision"
    post_folder: Path | None = None  # where letters are laid to be printed or sent; else see `letters`
    sender_cvr: str = ""  # the municipality's, by which it sends Digital Post

    @classmethod
    def own(cls, env: Env, shared: Settings) -> dict[str, Any]:
        folder, number = env.str("POST_FOLDER", ""), env.str("SENDER_CVR", cls.sender_cvr)
        if number and not cvr.is_valid(number):
            raise Misconfigured("DECISION_SENDER_CVR: det er ikke et CVR-nummer")
        return {"post_folder": Path(folder) if folder else None, "sender_cvr": number}

    @property
    def letters(self) -> Path | None:
        """The folder for letters; embedded it is beside the database file. None: they wait."""
        address = make_url(self.database)
        is_file = address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:")
        return self.post_folder or (Path(str(address.database)).with_name("post") if is_file else None)

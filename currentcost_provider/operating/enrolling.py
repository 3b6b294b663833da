"""Households from a list: all of them are enrolled, or none is."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
import csv
import os
import re
from typing import Final

from ..credentials import hash_password, new_password
from ..refusals import Unfit

MOST_HOUSEHOLDS: Final = 100_000
_USER: Final = re.compile(r"[A-Za-z0-9._@+-]{1,64}")


class UnfitList(Unfit):
    """A list of households that can't be enrolled; says why, for people."""


def is_user(name: str) -> bool:
    """Return whether a user name may be given: people have to type it."""
    return _USER.fullmatch(name) is not None


def read_users(lines: Iterable[str]) -> list[str]:
    """Return the user names of a CSV file with a column `user`.

    Raises:
        UnfitList: with the line that is wrong.
    """
    users: dict[str, int] = {}
    try:
        reader = csv.DictReader(lines, strict=True)
        if "user" not in (reader.fieldnames or ()):
            raise UnfitList("The first line must name the columns, one of them user.")
        for row in reader:
            user = (row["user"] or "").strip()
            if not is_user(user):
                raise UnfitList(
                    f"Line {reader.line_num}: a user name has 1 to 64 letters, digits"
                    " and . _ @ + - only."
                )
            if user in users:
                raise UnfitList(
                    f"Line {reader.line_num}: {user} stands in line {users[user]}"
                    " already."
                )
            users[user] = reader.line_num
            if len(users) > MOST_HOUSEHOLDS:
                raise UnfitList(f"More than {MOST_HOUSEHOLDS} households at once.")
    except (csv.Error, UnicodeDecodeError) as err:
        raise UnfitList(f"This is not a CSV file: {err}.") from err
    if not users:
        raise UnfitList("The list has no households.")
    return list(users)


def new_passwords(count: int) -> list[tuple[str, str]]:
    """Return one-time passwords, each with what is stored of it."""
    passwords = [new_password() for _ in range(count)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        hashes: Sequence[str] = list(threads.map(hash_password, passwords))
    return list(zip(passwords, hashes, strict=True))

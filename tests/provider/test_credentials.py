"""One-time passwords and tokens."""

from argon2 import extract_parameters

from currentcost_provider.credentials import (
    hash_password,
    hash_token,
    is_password,
    new_password,
    new_token,
)


def test_password_is_known_again_and_no_other_is() -> None:
    password = new_password()
    stored = hash_password(password)
    assert is_password(password, stored)
    assert is_password(password.upper().replace("-", ""), stored)
    assert not is_password(password[:-1], stored)
    assert not is_password("", stored)
    assert not is_password(password, None)
    assert not is_password(password, "no hash")
    assert password.replace("-", "") not in stored


def test_hashes_have_a_salt_and_a_cost() -> None:
    stored = hash_password("a")
    assert stored != hash_password("a")
    parameters = extract_parameters(stored)
    assert (parameters.time_cost, parameters.memory_cost) == (2, 19 * 1024)


def test_passwords_can_be_typed() -> None:
    for password in {new_password() for _ in range(200)}:
        assert not set(password) & set("0o1il")
        assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]


def test_tokens_differ_and_so_do_their_hashes() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len({hash_token(token) for token in tokens}) == 100
    assert min(map(len, tokens)) >= 43

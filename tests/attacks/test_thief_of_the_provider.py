"""A thief of what the provider stores: its database, and with it all that it holds.

Together with the messages that were recorded under way. He gets what the provider has:
thresholds and buckets, and the provider's name. He gets no reading.
"""

from random import Random

from currentcost_exchange import (
    HouseholdIdentity,
    HouseholdSetup,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    Report,
    bucket_of,
)

from currentcost_provider.plans import pack_values, unpack_values

from ..exchange.parties import (
    VALUES,
    Agreed,
    plan_of,
    report_of,
)
from .evaluating import bits_of_all, outcome_with, reading_of

READINGS = (0, 513, 700, 1999, 51_437, 61_357, 2**17 - 1)


def test_the_buckets_and_the_thresholds(agreed: Agreed) -> None:
    recorded = [report_of(agreed, x, window=n) for n, x in enumerate(READINGS)]
    stolen = agreed.provider.to_bytes()
    thief = ProviderAgreement.from_bytes(stolen)
    answers = [thief.answer(Report.from_bytes(r.data)).outcome for r in recorded]
    assert answers == [bucket_of(x, VALUES) for x in READINGS]
    assert thief.choices == bits_of_all(VALUES, 17)
    assert unpack_values(pack_values(agreed.offered.values)).values == VALUES


def test_no_reading(agreed: Agreed) -> None:
    """Neither by other choices, nor with all that a set-up leaves behind."""
    thief = ProviderAgreement.from_bytes(agreed.provider.to_bytes())
    setup = ProviderSetup.from_bytes(agreed.provider_setup.to_bytes())
    assert setup.receiver.exponent == thief.exponent
    report, random = report_of(agreed, 700), Random(3)  # noqa: S311  # the same inputs again
    for _ in range(300):
        values = tuple(sorted(random.sample(range(2**17 - 1), 3)))
        choices = bits_of_all(values, 17)
        outcome = outcome_with(agreed.plan, report, thief.seeds, choices)
        assert outcome is None
    # The exponent opens the seed that was chosen, of each bit, again and no other.
    stored = b"".join(
        (
            thief.to_bytes(),
            setup.to_bytes(),
            agreed.request,
            agreed.offer,
            agreed.transfer,
            agreed.confirmation,
            report.data,
        )
    )
    for pair, bit in zip(agreed.household.pairs, thief.choices, strict=True):
        assert pair[bit] in stored
        assert pair[1 - bit] not in stored


def test_the_provider_s_name(agreed: Agreed) -> None:
    """With the signing key he offers plans as the provider, to whoever consents."""
    thief = ProviderIdentity(agreed.offered.identity.secret)
    values = unpack_values(pack_values(agreed.offered.values))
    forged = thief.sign_plan(plan_of(values, title="Another question"))
    assert forged.fingerprint == agreed.offered.statement.fingerprint
    assert forged.code != agreed.offered.statement.code
    setup = HouseholdSetup(HouseholdIdentity.new(), forged)
    begun = ProviderSetup.begin(thief, forged, values, setup.request())
    _, confirmation = begun.finish(setup.transfer(begun.offer))
    assert setup.finish(confirmation).statement == forged


def test_with_the_household_s_state_as_well(agreed: Agreed) -> None:
    """Both thefts together are the household's: it alone is enough for the readings."""
    report = report_of(agreed, 61_357)
    assert reading_of(agreed.plan, report, agreed.household.pairs) == 61_357

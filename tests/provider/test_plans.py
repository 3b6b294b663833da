"""A bucket's edges agree with the circuit's meaning; values are kept whole."""

from currentcost_exchange import ProviderValues, bucket_of
from hypothesis import given, strategies as st

from currentcost_provider.plans import bucket_edges, pack_values, unpack_values


@given(
    st.lists(st.integers(1, 131_000), min_size=1, max_size=15, unique=True).map(sorted),
    st.integers(0, 131_071),
)
def test_value_lies_within_the_edges_of_its_bucket(
    thresholds: list[int], value: int
) -> None:
    lower, upper = bucket_edges(thresholds, bucket_of(value, thresholds))
    assert lower is not None
    assert value > lower or value == lower == 0
    assert upper is None or value <= upper


def test_no_outcome_has_no_edges() -> None:
    assert bucket_edges((1000,), None) == (None, None)


@given(st.lists(st.integers(1, 131_000), min_size=1, max_size=15))
def test_values_are_kept_with_their_salt(values: list[int]) -> None:
    private = ProviderValues.new(tuple(values))
    assert unpack_values(pack_values(private)) == private

"""Published data: the committed batches are those of the reference."""
import published


def test_the_committed_batches_are_current():
    assert published.PLACE.read_text().split() == list(published.lines()), (
        "run published.py --write")

"""A fake of the index of name parts, which is never needed: in memory all names are searched."""


class FakeNameParts:
    def index_newcomers(self, most: int) -> int:
        assert most
        return 0

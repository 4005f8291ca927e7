"""What happens, told to whoever in this process follows it: whose news it is, and one id."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator

BEAT = 10.0  # seconds without news after which it is asked whether one may still follow
ROOM = 100  # words that wait for a follower; whoever has not heard more than these looks anew


class Following:
    """What one follower was told and has not heard yet: each word once, and never many."""

    def __init__(self, news: "News", check: Callable[[], Awaitable[None]]) -> None:
        self._news, self._check = news, check
        self._words: dict[str | None, None] = {}
        self._bell = asyncio.Event()
        self.topics: set[str] = set()

    def follow(self, kind: str, whose: object) -> None:
        """Begin to be told of one kind of news of somebody or something."""
        topic = f"{kind} {whose}"
        self.topics.add(topic)
        self._news.followers[topic].add(self)

    async def next(self) -> str | None:
        """Wait for the next word; none where something may have been missed."""
        while True:
            await self._check()
            if self._words:
                word = next(iter(self._words))
                del self._words[word]
                return word
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._bell.wait()
            self._bell.clear()

    def tell(self, word: str | None) -> None:
        """Keep a word until it is heard; too many become one: something was missed."""
        if len(self._words) >= ROOM:
            self._words.clear()
            word = None
        self._words[word] = None
        self.ring()

    def ring(self) -> None:
        """Have it asked at once whether one may still follow."""
        self._bell.set()


class News:
    """Passes on what happens to those who follow it."""

    def __init__(self) -> None:
        self.followers: defaultdict[str, set[Following]] = defaultdict(set)
        self.is_over = False

    @contextlib.contextmanager
    def following(self, who: object, check: Callable[[], Awaitable[None]]) -> Iterator[Following]:
        """Lend what follows for a user; the check raises when that is to end."""
        one = Following(self, check)
        one.follow("standing", who)
        try:
            yield one
        finally:
            for topic in one.topics:
                self.followers[topic].discard(one)
                if not self.followers[topic]:
                    del self.followers[topic]

    def tell(self, text: str) -> None:
        """Tell `kind whose word` to those who follow that kind of news of that one."""
        topic, _, word = text.rpartition(" ")
        for one in self.followers.get(topic, ()):
            one.tell(word)

    def remind(self, who: str) -> None:
        """Have asked again what a user may follow, whose standing has changed."""
        for one in self.followers.get(f"standing {who}", ()):
            one.ring()

    def hear(self, is_listening: bool) -> None:
        """Have everybody look anew when the database is heard again."""
        if is_listening:
            for one in self._all():
                one.tell(None)

    def stop(self) -> None:
        """Have everybody find that it is over."""
        self.is_over = True
        for one in self._all():
            one.ring()

    def _all(self) -> set[Following]:
        return {one for followers in self.followers.values() for one in followers}

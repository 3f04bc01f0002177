"""What holds of fresh worlds, and after any sequence of calls."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agentalign_env.core.world import World, WorldState
from agentalign_env.services import new_world
from agentalign_env.services.social.platforms import PLATFORMS, RULES
from agentalign_env.services.social.records import POSTS, PROFILES
from agentalign_env.services.social.service import SERVICE
from tests.services.social.calls import COMMENT_TOOLS, call, media


@pytest.mark.parametrize("size", ["small", "medium"])
@pytest.mark.parametrize("seed", range(3))
def test_a_fresh_world_keeps_the_invariants_and_the_platforms_limits(size: str, seed: int) -> None:
    world = new_world(size, seed)
    assert violations(world) == []
    for post in world.store.rows(POSTS):
        rules = RULES[post.platform]  # type: ignore[index]
        assert len(post.text) <= rules.text_chars
        assert len(post.title) <= rules.title_chars
        assert post.created_s < world.now_s
    assert all(profile.id == f"{profile.platform}:{profile.handle}" for profile in world.store.rows(PROFILES))


def test_no_two_seeded_posts_of_a_platform_say_the_same() -> None:
    posts = list(new_world("medium", 3).store.rows(POSTS))
    assert len({(post.platform, post.title, post.text) for post in posts}) == len(posts)


def violations(world: World) -> list[str]:
    return [line for check in SERVICE.invariants for line in check(world)]


TEXTS = st.sampled_from(["Hello", "  ", "x" * 300, "Soup #lunch", ""])
URLS = st.sampled_from(["photo", "clip", "https://a.example/none.jpg"])


class SocialMachine(RuleBasedStateMachine):
    """Any calls, valid or not: the invariants hold, a failure changes nothing, a snapshot brings everything back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.kept: tuple[WorldState, str] | None = None
        self.ids = [post.id for post in self.world.store.rows(POSTS)][:12]
        self.comments = ["unknown"]

    def url(self, kind: str) -> str:
        return kind if ":" in kind else media(self.world, kind)

    def run(self, name: str, **arguments: Any) -> Any:
        before = self.world.digest()
        result = call(self.world, name, **arguments)
        if result.code:
            assert self.world.digest() == before
            return None
        return result.value

    @rule(text=TEXTS, kind=URLS, reply=st.booleans(), at=st.integers(0, 11))
    def tweets(self, text: str, kind: str, reply: bool, at: int) -> None:
        target = {"reply_to_id": self.ids[at]} if reply else {}
        made = self.run("post_tweet", content=text, media_urls=[self.url(kind)], **target)
        if made:
            self.ids.append(made["post_id"])

    @rule(kind=URLS, partition=st.sampled_from(["160", "7"]), title=TEXTS)
    def uploads(self, kind: str, partition: str, title: str) -> None:
        self.run("post_bilibili_video", video_url=self.url(kind), title=title, partition_id=partition)

    @rule(kind=URLS, allow=st.booleans())
    def clips(self, kind: str, allow: bool) -> None:
        made = self.run("post_tiktok", video_url=self.url(kind), allow_comments=allow)
        if made:
            self.ids.append(made["post_id"])

    @rule(platform=st.sampled_from(PLATFORMS), data=st.data(), text=TEXTS)
    def comments_on(self, platform: str, data: st.DataObject, text: str) -> None:
        name, target = COMMENT_TOOLS[platform]
        arguments = {target: data.draw(st.sampled_from(self.ids)), "content": text}
        if platform != "twitter" and data.draw(st.booleans()):
            arguments["reply_to_comment_id"] = data.draw(st.sampled_from(self.comments))
        made = self.run(name, **arguments)
        if made:
            self.comments.append(made["comment_id"])

    @rule()
    def keeps_a_snapshot(self) -> None:
        self.kept = (self.world.snapshot(), self.world.digest())

    @precondition(lambda self: self.kept is not None)
    @rule()
    def goes_back(self) -> None:
        assert self.kept is not None
        self.world.restore(self.kept[0])
        assert self.world.digest() == self.kept[1]

    @invariant()
    def nothing_is_violated(self) -> None:
        assert violations(self.world) == []


SocialMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
test_any_calls_keep_the_invariants = SocialMachine.TestCase

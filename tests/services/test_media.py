"""The owner's library of photos and clips, and what models generate for it."""

import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.core.text import to_bytes
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.media.generations import GENERATIONS
from agentalign_env.services.media.records import MEDIA
from agentalign_env.services.media.service import SERVICE
from agentalign_env.services.media.voices import VOICES
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


def call(world: World, name: str, **arguments: Any) -> Any:
    """The operation's result of a call that succeeds."""
    result = execute(world, load_tools(), ToolCall("1", name, arguments))
    assert result.code == "", result.content
    return result.value


def refusal(world: World, name: str, **arguments: Any) -> tuple[str, str | None]:
    """The error's code and field; nothing has changed."""
    before = world.digest()
    result = execute(world, load_tools(), ToolCall("1", name, arguments))
    assert result.code, result.content
    assert (world.digest(), result.changes) == (before, ())
    return result.code, result.value.get("field")


def list_media(world: World, **arguments: Any) -> Any:
    return call(world, "list_media", **arguments)


def violations(world: World) -> list[str]:
    return [line for check in SERVICE.invariants for line in check(world)]


def taken(world: World, kind: str) -> str:
    return next(media.url for media in world.store.newest(MEDIA) if media.kind == kind)


def an_image(world: World) -> Any:
    return call(world, "midjourney_create_image", prompt="A red bicycle")


def file_bytes(world: World, path: str) -> bytes:
    return to_bytes(world.files.read(path).content)


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def test_an_item_shows_its_url_kind_words_and_time_newest_first(world: World) -> None:
    newest = next(world.store.newest(MEDIA))
    first, second = list_media(world, limit=2, kind=newest.kind)["items"]
    assert first == {
        "url": newest.url,
        "kind": newest.kind,
        "title": newest.title,
        "caption": newest.caption,
        "tags": list(newest.tags),
        "taken_at": first["taken_at"],
    }
    assert first["taken_at"] > second["taken_at"]


@pytest.mark.parametrize("kind", ["photo", "clip", "image", "video", "voice"])
def test_kind_narrows_the_list(world: World, kind: str) -> None:
    items = list_media(world, kind=kind, limit=50)["items"]
    assert {item["kind"] for item in items} == {kind}
    assert len(items) >= 4


@pytest.mark.parametrize("query", ["", "bicycle", "a tabby cat on the kitchen table"])
def test_pages_follow_each_other_without_gap_or_repetition(query: str) -> None:
    world = new_world("medium", 3)
    whole = [item["url"] for item in list_media(world, query=query, limit=30)["items"]]
    pages = [list_media(world, query=query, limit=10, offset=offset) for offset in (0, 10, 20)]
    assert [item["url"] for page in pages for item in page["items"]] == whole
    assert len({*whole}) == len(whole)


def test_the_whole_library_has_what_was_taken_and_what_was_generated(world: World) -> None:
    seen: list[Any] = []
    while len(page := list_media(world, limit=50, offset=len(seen))["items"]):
        seen += page
    assert len(seen) == world.store.count(MEDIA) + world.store.count(GENERATIONS)
    assert [item["taken_at"] for item in seen] == sorted((item["taken_at"] for item in seen), reverse=True)


@pytest.mark.parametrize("topic", load_topics().values(), ids=lambda topic: topic.id)
def test_every_topic_has_a_photo_and_a_clip_that_its_words_find(world: World, topic: Any) -> None:
    for words in (topic.tags[0], topic.title, topic.queries[0]):
        for kind in ("photo", "clip"):
            found = list_media(world, query=words, kind=kind, limit=50)["items"]
            assert any(topic.tags[0] in item["tags"] for item in found), (words, kind)


def test_words_that_nothing_holds_find_nothing(world: World) -> None:
    assert list_media(world, query="zeppelinquark") == {"items": [], "more": False}


def test_the_port_knows_what_is_in_the_library(world: World) -> None:
    url = taken(world, "photo")
    assert (world.media.exists(url), world.media.kind(url)) == (True, "photo")
    assert world.media.exists(url.replace("/20", "/19")) is False
    made = an_image(world)
    assert (world.media.exists(made["url"]), world.media.kind(made["url"])) == (True, "image")
    assert world.media.kind("https://media.lightbox.example/nobody/generated/x.png") is None


@pytest.mark.parametrize("size", ["small", "medium"])
def test_a_fresh_library_keeps_the_invariants(size: str) -> None:
    assert violations(new_world(size, 5)) == []


def test_an_image_is_kept_listed_and_saved_as_a_picture_in_its_proportions(world: World) -> None:
    made = call(
        world,
        "midjourney_create_image",
        prompt=" A red bicycle ",
        aspect_ratio="16:9",
        style_params={"stylize": 250, "tile": True, "chaos": 1.5},
    )
    row = world.store.get(GENERATIONS, made["generation_id"])
    assert row is not None
    assert (row.provider, row.kind, row.model, row.prompt) == ("midjourney", "image", "V6", "A red bicycle")
    assert row.settings == ("quality=1", "style.chaos=1.5", "style.stylize=250", "style.tile=true")
    assert (row.width, row.height) == (1368, 768)
    assert list_media(world, limit=1)["items"][0]["url"] == made["url"]
    assert call(world, "list_generations", limit=1)["items"][0]["url"] == made["url"]
    assert made["path"].startswith(f"{world.background.home}/pictures/generated/midjourney-")
    data = file_bytes(world, made["path"])
    assert data.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x02")
    assert len(data) == row.bytes


def test_the_placeholder_is_a_png_whose_checksums_and_pixels_are_right(world: World) -> None:
    data = file_bytes(world, an_image(world)["path"])
    chunks = {}
    at = 8
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        assert int.from_bytes(data[at + 8 + length : at + 12 + length], "big") == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == 4 * (1 + 4 * 3)


def test_the_same_call_twice_makes_two_artefacts_and_the_same_ones_in_a_twin(world: World) -> None:
    twin = world.fork()
    first, second = an_image(world), an_image(world)
    assert len({first["url"], second["url"], first["path"], second["path"]}) == 4
    assert (an_image(twin), an_image(twin)) == (first, second)
    assert twin.digest() == world.digest()


def test_a_file_that_is_there_already_is_not_replaced(world: World) -> None:
    path = an_image(world.fork())["path"]
    call(world, "file_operation", operation="write", path=path, content="mine")
    assert an_image(world)["path"] != path
    assert world.files.read(path).content == "mine"


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("midjourney_create_image", {"prompt": "   "}, ("invalid_argument", "prompt")),
        ("midjourney_create_image", {"prompt": "x", "aspect_ratio": "9:1"}, ("invalid_argument", "aspect_ratio")),
        ("midjourney_create_image", {"prompt": "x", "aspect_ratio": "wide"}, ("invalid_argument", "aspect_ratio")),
        ("midjourney_create_image", {"prompt": "x", "style_version": "V7"}, ("invalid_argument", "style_version")),
        ("midjourney_create_image", {"prompt": "x", "style_params": {"a": []}}, ("invalid_argument", "style_params.a")),
        ("stable_diffusion_generate", {"prompt": "x", "width": 1020}, ("invalid_argument", "width")),
        ("stable_diffusion_generate", {"prompt": "x", "height": 4096}, ("invalid_argument", "height")),
        ("stable_diffusion_generate", {"prompt": "x", "model": "best"}, ("not_found", "model")),
        ("stable_diffusion_generate", {"prompt": "x", "sampler": "best"}, ("not_found", "sampler")),
        ("runway_generate_video", {"prompt": "x", "mode": "image_to_video"}, ("invalid_argument", "source_url")),
        ("runway_generate_video", {"prompt": "x", "num_frames": 95}, ("invalid_argument", "num_frames")),
        ("runway_generate_video", {"prompt": "x", "duration": 19}, ("invalid_argument", "duration")),
        ("runway_generate_video", {"prompt": "x", "style_preset": "dull"}, ("not_found", "style_preset")),
        ("elevenlabs_text_to_speech", {"text": "x" * 2501}, ("invalid_argument", "text")),
        ("elevenlabs_text_to_speech", {"text": " "}, ("invalid_argument", "text")),
        ("elevenlabs_text_to_speech", {"text": "x", "voice_id": "nobody"}, ("not_found", "voice_id")),
        ("elevenlabs_text_to_speech", {"text": "x", "model": "m"}, ("not_found", "model")),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    world: World, tool: str, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(world, tool, **arguments) == expected


def test_a_full_disk_leaves_neither_file_nor_artefact(world: World) -> None:
    folder = f"{world.background.home}/pictures"
    call(world, "file_operation", operation="write", path=f"{folder}/generated", content="no folder")
    assert refusal(world, "midjourney_create_image", prompt="x") == ("invalid_state", "prompt")
    assert refusal(world, "elevenlabs_text_to_speech", text="x") == ("invalid_state", "text")


@pytest.mark.parametrize("tool", ["dalle_edit_image", "stability_edit_image"])
def test_an_edit_begins_with_a_known_image_and_keeps_it(world: World, tool: str) -> None:
    original = an_image(world)
    for url in (taken(world, "photo"), original["url"]):
        (edited,) = call(world, tool, image_url=url, prompt="In the snow")["images"]
        row = world.store.get(GENERATIONS, edited["generation_id"])
        assert row is not None
        assert (row.source_url, row.kind) == (url, "image")
    assert refusal(world, tool, image_url="https://media.lightbox.example/x.png", prompt="x") == (
        "not_found",
        "image_url",
    )
    assert refusal(world, tool, image_url=taken(world, "clip"), prompt="x") == ("invalid_argument", "image_url")
    assert violations(world) == []


def test_dalle_makes_several_versions_of_the_size_that_its_model_can(world: World) -> None:
    photo = taken(world, "photo")
    made = call(world, "dalle_edit_image", image_url=photo, prompt="x", n=3, size="1792x1024", mask_url=photo)
    assert [(image["width"], image["height"]) for image in made["images"]] == [(1792, 1024)] * 3
    assert len({image["url"] for image in made["images"]} | {image["path"] for image in made["images"]}) == 6
    old = {"image_url": photo, "prompt": "x", "model": "dall-e-2"}
    assert refusal(world, "dalle_edit_image", **old, size="1024x1792") == ("invalid_argument", "model")
    assert refusal(world, "dalle_edit_image", **old, quality="hd") == ("invalid_argument", "model")
    assert refusal(world, "dalle_edit_image", image_url=photo, prompt="x", n=5) == ("invalid_argument", "n")
    unknown = refusal(world, "dalle_edit_image", image_url=photo, prompt="x", mask_url="https://x.example/m.png")
    assert unknown == ("not_found", "mask_url")


def test_a_control_goes_with_controlnet_and_a_mask_with_inpainting(world: World) -> None:
    edit = {"image_url": taken(world, "photo"), "prompt": "x"}
    assert refusal(world, "stability_edit_image", **edit, control_mode="canny") == ("invalid_argument", "control_mode")
    lacking = refusal(world, "stability_edit_image", **edit, edit_mode="controlnet")
    assert lacking == ("invalid_argument", "control_mode")
    masked = {**edit, "mask_url": edit["image_url"]}
    assert refusal(world, "stability_edit_image", **masked) == ("invalid_argument", "mask_url")
    call(world, "stability_edit_image", **masked, edit_mode="inpaint")
    call(world, "stability_edit_image", **edit, edit_mode="controlnet", control_mode="depth", seed=7)
    newest = next(world.store.newest(GENERATIONS))
    assert newest.settings == (
        "control_guidance=1",
        "control_mode=depth",
        "edit_mode=controlnet",
        "guidance_scale=7.5",
        "seed=7",
        "steps=30",
        "strength=0.75",
    )


def test_a_video_begins_with_nothing_a_picture_or_a_video(world: World) -> None:
    call(world, "runway_generate_video", prompt="x", duration=2.5, fps=30, num_frames=75)
    image, photo, clip = an_image(world)["url"], taken(world, "photo"), taken(world, "clip")
    video = call(world, "runway_generate_video", prompt="x", mode="image_to_video", source_url=image)
    call(world, "runway_generate_video", prompt="x", mode="video_to_video", source_url=video["url"])
    for mode, url in (("text_to_video", image), ("image_to_video", clip), ("video_to_video", photo)):
        wrong = refusal(world, "runway_generate_video", prompt="x", mode=mode, source_url=url)
        assert wrong == ("invalid_argument", "source_url")
    unknown = refusal(
        world, "runway_generate_video", prompt="x", mode="image_to_video", source_url="https://x.example/a.png"
    )
    assert unknown == ("not_found", "source_url")
    assert file_bytes(world, video["path"])[4:12] == b"ftypisom"
    assert violations(world) == []


def test_a_voice_speaks_and_is_found_among_the_voices(world: World) -> None:
    (found,) = call(world, "list_elevenlabs_voices", search="german")["voices"]
    made = call(world, "elevenlabs_text_to_speech", text="Guten Morgen!", voice_id=found["voice_id"])
    assert (made["text"], made["voice_id"], made["characters"]) == ("Guten Morgen!", "marlene", 13)
    assert made["url"].endswith(".mp3")
    assert file_bytes(world, made["path"])[:3] == b"ID3"
    everyone = call(world, "list_elevenlabs_voices")
    assert (len(everyone["voices"]), everyone["more"]) == (world.store.count(VOICES), False)


def test_generations_are_listed_by_provider_kind_and_words(world: World) -> None:
    videos = call(world, "list_generations", kind="video")["items"]
    assert {(item["kind"], item["provider"]) for item in videos} == {("video", "runway")}
    edits = call(world, "list_generations", provider="dalle")["items"]
    assert all(world.media.exists(item["source_url"]) for item in edits)
    call(world, "midjourney_create_image", prompt="A zeppelin made of quarks")
    assert len(call(world, "list_generations", query="zeppelin quarks")["items"]) == 1
    assert call(world, "list_generations", query="zeppelin", kind="voice")["items"] == []


def test_posts_and_videos_show_what_was_generated_and_mails_attach_it(world: World) -> None:
    image, voice = an_image(world), call(world, "elevenlabs_text_to_speech", text="Hello")
    video = call(world, "runway_generate_video", prompt="A red bicycle")
    posted = call(world, "post_instagram", caption="x", media_urls=[image["url"], video["url"]])
    assert posted["status"] == "published"
    call(world, "post_tiktok", video_url=video["url"])
    call(world, "post_youtube_video", video_url=video["url"], title="x")
    assert refusal(world, "post_tweet", content="x", media_urls=[voice["url"]]) == ("invalid_argument", "media_urls")
    assert refusal(world, "post_tiktok", video_url=image["url"]) == ("invalid_argument", "video_url")
    owner = world.owner.email
    for path in (image["path"], voice["path"], video["path"]):
        call(world, "send_gmail", sender=owner, to=[owner], subject="x", body="x", attachments=[{"name": path}])


PROMPTS = st.sampled_from(("A red bicycle", "x", "", "  ", "Ein Fuchs 🦊"))
SIDES = st.sampled_from((512, 1024, 1020, 0, 4096))


class Studio(RuleBasedStateMachine):
    """Any sequence of generations, valid or not, keeps the library; what fails changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.urls = [taken(self.world, "photo"), taken(self.world, "clip"), "https://x.example/none.png"]
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, **arguments: Any) -> None:
        before, count = self.world.digest(), self.world.store.count(GENERATIONS)
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        made = list(urls_in(result.value)) if not result.code else []
        assert self.world.store.count(GENERATIONS) == count + len(made)
        assert (self.world.digest() == before) == bool(result.code)
        self.urls += made

    @rule(prompt=PROMPTS, width=SIDES, seed=st.sampled_from((0, 7, 2**32)))
    def create_image(self, prompt: str, width: int, seed: int) -> None:
        self.attempt("stable_diffusion_generate", prompt=prompt, width=width, seed=seed)

    @rule(prompt=PROMPTS, n=st.integers(0, 5), data=st.data())
    def edit_image(self, prompt: str, n: int, data: st.DataObject) -> None:
        self.attempt("dalle_edit_image", prompt=prompt, n=n, image_url=data.draw(st.sampled_from(self.urls)))

    @rule(mode=st.sampled_from(("text_to_video", "image_to_video", "video_to_video")), data=st.data())
    def create_video(self, mode: str, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(["", *self.urls]))
        self.attempt("runway_generate_video", prompt="x", mode=mode, source_url=source)

    @rule(text=PROMPTS, voice=st.sampled_from(("josh", "noor", "nobody")))
    def generate_voice(self, text: str, voice: str) -> None:
        self.attempt("elevenlabs_text_to_speech", text=text, voice_id=voice)

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        self.urls = [url for url in self.urls if self.world.media.exists(url)] or [taken(self.world, "photo")]
        assert self.world.digest() == digest

    @invariant()
    def the_library_is_in_order(self) -> None:
        assert violations(self.world) == []
        for row in self.world.store.rows(GENERATIONS):
            if row.path:
                assert len(file_bytes(self.world, row.path)) == row.bytes


def urls_in(value: Any) -> Iterator[str]:
    for made in value.get("images", [value]):
        yield made["url"]


Studio.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
test_the_library_is_kept_in_any_sequence = Studio.TestCase

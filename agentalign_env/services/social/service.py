"""The service of the social networks: its tables, operations and invariants in one place."""

from __future__ import annotations

from collections.abc import Iterable

from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services.social.checks import owner_key
from agentalign_env.services.social.comments import create_comment
from agentalign_env.services.social.platforms import PLATFORMS
from agentalign_env.services.social.posts import create_post, get_post
from agentalign_env.services.social.premises import lay_acquaintance, lay_comment, lay_post, lay_profile
from agentalign_env.services.social.profiles import get_profile
from agentalign_env.services.social.records import COMMENTS, POSTS, PROFILES
from agentalign_env.services.social.search import search_content
from agentalign_env.services.social.seed import seed_comments, seed_posts, seed_profiles
from agentalign_env.services.social.videos import create_video, upload_video

__all__ = ["SERVICE"]


def _posts_have_authors(world: World) -> Iterable[str]:
    for post in world.store.rows(POSTS):
        author = world.store.get(PROFILES, post.author)
        if author is None or author.platform != post.platform:
            yield f"post {post.id} on {post.platform} is by {post.author}, which is no profile there"


def _comments_have_posts(world: World) -> Iterable[str]:
    for comment in world.store.rows(COMMENTS):
        post = world.store.get(POSTS, comment.post_id)
        if post is None or post.platform != comment.platform:
            yield f"comment {comment.id} on {comment.platform} is under {comment.post_id}, which is no post there"
        if world.store.get(PROFILES, comment.author) is None:
            yield f"comment {comment.id} is by {comment.author}, which is no profile"


def _answers_stay_under_one_post(world: World) -> Iterable[str]:
    for comment in world.store.rows(COMMENTS):
        if comment.reply_to:
            answered = world.store.get(COMMENTS, comment.reply_to)
            if answered is None or answered.post_id != comment.post_id:
                yield f"comment {comment.id} under {comment.post_id} answers {comment.reply_to}, which is not there"


def _owners_media_exist(world: World) -> Iterable[str]:
    for platform in PLATFORMS:
        for post in world.store.where(POSTS, "author", owner_key(world, platform)):
            for url in post.media_urls:
                if not world.media.exists(url):
                    yield f"post {post.id} shows {url}, which is not in the library"


SERVICE = Service(
    name="social",
    module=__name__,
    tables={PROFILES: seed_profiles, POSTS: seed_posts, COMMENTS: seed_comments},
    operations=(create_post, create_comment, create_video, upload_video, get_profile, search_content, get_post),
    premises={"CommentId": lay_comment, "Handle": lay_profile, "PersonName": lay_acquaintance, "PostId": lay_post},
    invariants=(_posts_have_authors, _comments_have_posts, _answers_stay_under_one_post, _owners_media_exist),
)

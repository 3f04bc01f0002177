"""The accounts, posts and comments that a world begins with."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.background import Organisation
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.social.feed import Account, PostPlan, accounts, make_feed
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import COMMENTS, POSTS, Comment, Post, Profile

__all__ = ["bio_of", "seed_comments", "seed_posts", "seed_profiles"]

_BIOS = (
    "Mostly {first}, sometimes {second}. {city}.",
    "{city}. Curious about {first}.",
    "I post about {first} and {second}. Opinions are my own.",
    "{first}, {second}, strong tea.",
    "Somewhere between {first} and {second}. Based in {city}.",
    "Learning about {first}, one mistake at a time. {city}.",
)
_CLOSINGS = (
    "",
    " Who else?",
    " More tomorrow.",
    " Tell me if you see it differently.",
    " That is all for today.",
    " Ask me anything about it.",
)
_PUBLIC_PHONE = 0.25
_TOP_LIKES = 190_000


def seed_profiles(context: SeedContext) -> Iterator[Profile]:
    """Profiles: the owner's first, then people and organisations in turn."""
    rng = context.rng()
    for account in accounts(context):
        holder = account.holder
        joined_s = context.start_s - rng.randrange(200, 3600) * DAY_S
        if isinstance(holder, Organisation):
            bio = f"{holder.name}, {holder.kind}. Write to {holder.email} or visit {holder.url}"
            yield Profile(
                account.key, account.platform, account.handle, holder.name, bio, holder.email, "", holder.url, "",
                rng.randrange(800, 90_000), rng.randrange(10, 400), joined_s, True, holder.name,
            )  # fmt: skip
        else:
            bio = bio_of(holder.city, rng)
            phone = holder.phone if rng.random() < _PUBLIC_PHONE else ""
            yield Profile(
                account.key, account.platform, account.handle, holder.name, bio, holder.email,
                phone, "", holder.city, rng.randrange(20, 4000), rng.randrange(20, 900), joined_s, False, holder.id,
            )  # fmt: skip


def seed_posts(context: SeedContext) -> Iterator[Post]:
    """Posts, most liked first."""
    rng, feed, owner = context.rng(), make_feed(context), context.background.owner
    authors = _by_platform(context)
    keywords = {topic.id: " ".join((topic.title, *topic.queries)) for topic in feed.topics}
    categories = {platform: tuple(rules.categories) for platform, rules in RULES.items()}
    fame = _TOP_LIKES * rng.uniform(0.7, 1.3)
    for number in range(context.rows):
        plan = feed.post(number)
        rules = RULES[plan.platform]
        author = rng.choice(authors[plan.platform])
        # What the owner posts must lie in the owner's library, which no seed can look into: so it has no media.
        while author.holder is owner and plan.platform not in ("twitter", "weibo"):
            author = rng.choice(authors[plan.platform])
        title, text = _words(plan)
        media = () if plan.platform in ("twitter", "weibo") else (_media_url(plan),)
        city = "" if isinstance(author.holder, Organisation) or plan.platform != "instagram" else author.holder.city
        category = rng.choice(categories[plan.platform]) if rules.categories else ""
        url = rules.post_url.format(handle=author.handle, id=plan.id)
        likes = int(fame / (number + 6) ** 0.9) + 3
        yield Post(
            plan.id, plan.platform, rules.kind, author.key, title, text, plan.topic.tags, media, "", (), city, "public",
            False, True, category, (), url, likes, keywords[plan.topic.id], plan.posted_s,
        )  # fmt: skip


def seed_comments(context: SeedContext) -> Iterator[Comment]:
    """Comments, oldest first; the better ranked a post, the more it has."""
    rng, feed, authors = context.rng(), make_feed(context), _by_platform(context)
    posts = context.sizes.get(POSTS.name, 0)
    if not posts:
        return
    plans = [feed.post(int(posts * rng.random() ** 2)) for _ in range(context.rows)]
    dated = sorted(
        (plan.posted_s + rng.randrange(60, max(context.start_s - plan.posted_s, HOUR_S)), at)
        for at, plan in enumerate(plans)
    )
    salt = id_salt(COMMENTS.name, context.seed)
    latest: dict[str, str] = {}
    for number, (written_s, at) in enumerate(dated):
        plan = plans[at]
        comment_id = RULES[plan.platform].comment_ids.encode(number, salt)
        answers = latest.get(plan.id, "") if rng.random() < 0.3 else ""
        latest[plan.id] = comment_id
        author = rng.choice(authors[plan.platform]).key
        text = rng.choice(plan.topic.comments)
        yield Comment(comment_id, plan.platform, plan.id, author, text, (), answers, (), rng.randrange(400), written_s)


def bio_of(city: str, rng: Random) -> str:
    """What somebody says about themselves."""
    first, second = rng.sample(list(load_topics().values()), 2)
    bio = rng.choice(_BIOS).format(first=first.title, second=second.title, city=city)
    return bio[:1].upper() + bio[1:]


def _by_platform(context: SeedContext) -> dict[Platform, list[Account]]:
    found: dict[Platform, list[Account]] = {}
    for account in accounts(context):
        found.setdefault(account.platform, []).append(account)
    return found


def _words(plan: PostPlan) -> tuple[str, str]:
    """Title and text; posts of one topic differ, until every combination is used."""
    topic, variant, shift, rules = plan.topic, plan.variant, plan.shift, RULES[plan.platform]
    if rules.kind == "post":
        round_ = variant // len(topic.posts)
        return "", topic.posts[(variant + shift) % len(topic.posts)] + _addition(topic, round_)
    round_ = variant // len(topic.videos)
    title = topic.videos[(variant + shift) % len(topic.videos)] + (f", part {round_ + 1}" if round_ else "")
    caption = topic.captions[(variant + shift) % len(topic.captions)]
    fact = topic.facts[(variant + shift) % len(topic.facts)]
    return (title, f"{caption} {fact}") if rules.title_chars else ("", f"{title}. {caption}")


def _addition(topic: Topic, round_: int) -> str:
    """What makes a text differ from its use in earlier rounds; nothing in the first."""
    if not round_:
        return ""
    again, place = divmod(round_ - 1, len(topic.facts))
    return f" {topic.facts[place]}{_CLOSINGS[again % len(_CLOSINGS)]}"


def _media_url(plan: PostPlan) -> str:
    extension = "jpg" if RULES[plan.platform].kind == "post" else "mp4"
    return f"https://cdn.{plan.platform}.example/{plan.topic.id}/{plan.id}.{extension}"

"""Whom a profile belongs to, and what it shows."""

import pytest

from agentalign_env.services import new_world
from tests.services.social.calls import done, refused, some_post


@pytest.mark.parametrize("platform", ["twitter", "instagram", "tiktok", "bilibili"])
def test_the_owner_has_a_profile_everywhere(platform: str) -> None:
    world = new_world("small", 3)
    shown = done(world, f"get_{platform}_profile", user_id=f"@{world.owner.handle.upper()}")
    assert (shown["handle"], shown["name"], shown["contact_email"]) == (
        world.owner.handle,
        world.owner.name,
        world.owner.email,
    )


def test_everybody_has_a_profile_on_twitter_and_instagram_with_their_own_address() -> None:
    world = new_world("small", 3)
    for person in world.background.people:
        for platform in ("twitter", "instagram"):
            shown = done(world, f"get_{platform}_profile", user_id=person.handle)
            assert (shown["name"], shown["contact_email"]) == (person.name, person.email)
            assert shown.get("phone", person.phone) == person.phone


def test_an_organisation_shows_its_address_and_site() -> None:
    world = new_world("small", 3)
    organisation = world.background.organisations[0]
    handle = organisation.domain.split(".")[0].replace("-", "")
    shown = done(world, "get_tiktok_profile", user_id=handle)
    assert (shown["name"], shown["contact_email"], shown["website"]) == (
        organisation.name,
        organisation.email,
        organisation.url,
    )


def test_a_profile_names_its_latest_post() -> None:
    world = new_world("small", 3)
    made = done(world, "post_tweet", content="Fresh bread")
    shown = done(world, "get_twitter_profile", user_id=world.owner.handle)
    assert (shown["latest_post_id"], shown["latest_post_url"]) == (made["post_id"], made["url"])


def test_numbers_and_pinned_tweet_are_shown_as_asked() -> None:
    world = new_world("small", 3)
    handle = some_post(world, "twitter").author.removeprefix("twitter:")
    without = done(world, "get_twitter_profile", user_id=handle, include_metrics=False, include_pinned_tweet=True)
    assert not {"followers", "following", "posts"} & without.keys()
    assert "pinned_post_id" in without
    assert "extras" not in without
    asked = done(world, "get_bilibili_profile", user_id=world.owner.handle, include_live=True)
    assert asked["extras"] == {"live_room": {"live": False}}


def test_an_unknown_or_malformed_handle_is_refused() -> None:
    world = new_world("small", 3)
    assert refused(world, "get_twitter_profile", user_id="nobody_here") == ("not_found", "user_id")
    assert refused(world, "get_twitter_profile", user_id="no body") == ("invalid_argument", "user_id")

"""A passport is photographed with a phone: made smaller on the way, seen beside the form that verifies it."""

from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from programmes.models import StoredFile
from tests.factories.departure import DocumentFactory
from tests.fixtures.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 800}


def test_a_photo_of_a_phone_is_made_smaller_before_it_is_sent(page, live_server, own_media):
    worker = make_user("caseworker", email="carla@example.org", password=PASSWORD, language="en")
    document = DocumentFactory(status="submitted")
    case = document.enrolment
    photo = BytesIO()
    Image.effect_noise((3000, 2000), 90).convert("RGB").save(photo, "JPEG", quality=95)
    page.set_viewport_size(PHONE)
    attach = reverse("departure:attach", args=[case.public_id, document.public_id])
    page.goto(f"{live_server.url}/accounts/login/?next={attach}")
    page.fill("#id_login", worker.email)
    page.fill("#id_password", PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_url(f"**{attach}")
    page.set_input_files("#id_photo", {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()})
    for _wait in range(200):
        if page.locator("#id_photo").evaluate("field => field.files[0].size") < len(photo.getvalue()) / 2:
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("The photo was not made smaller.")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/documents/#papers")
    expect(page.get_by_role("link", name="IMG_1.jpg", exact=True)).to_be_visible()
    page.locator("#papers").get_by_role("link", name="Verify").click()
    shown = page.get_by_role("img", name="Photographed page: IMG_1.jpg")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 2200)
    assert shown.bounding_box()["width"] <= PHONE["width"]
    assert StoredFile.objects.get().name == "IMG_1.jpg"

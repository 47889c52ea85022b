"""What the cookies of the dashboard are signed with."""

import hmac

from prepaid.settings import Settings


def cookie_keys(settings: Settings) -> tuple[bytes, ...]:
    """The key that signs, then the one that is still believed while the secret key changes.

    Made from the operator key too, so that a new operator key signs everybody out who came in by
    the old one.
    """
    secrets = (settings.secret_key, settings.secret_key_old)
    about = b"prepaid cookies\x00" + settings.operator_key.encode()
    return tuple(hmac.digest(secret.encode(), about, "sha256") for secret in secrets if secret)

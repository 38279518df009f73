"""How users are found and made."""

from django.contrib.auth.models import BaseUserManager


def fold_email(email: str) -> str:
    """Return an e-mail address in the one spelling that is stored: trimmed and lower case."""
    return (email or "").strip().lower()


class UserManager(BaseUserManager):
    """Users are known by their e-mail address; letter case never makes a second person."""

    def get_by_natural_key(self, username):
        """Find a user by e-mail address in any letter case; raises `User.DoesNotExist`."""
        return self.get(email=fold_email(username))

    def create_user(self, email, password=None, **fields):
        """Create a user. Without a password nobody can sign in until an invitation link has been followed."""
        user = self.model(email=fold_email(email), **fields)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save(using=self._db)
        return user

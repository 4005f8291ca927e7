"""What one can do to oneself."""

from models import Language, User
from resolvers.context import Context


async def set_language(context: Context, language: Language) -> User:
    """Choose the language of letters to oneself.

    language: The language.
    viewer: The one who asked.
    """
    user = await User.locked(id=context.subject.user_id)
    user.language = language
    await user.save()
    return user

"""The four roles, each a small contract. Everything else (training, saving, the scorecard, the
report, a lesson's widget, the attacks) works on the role and not on the system.

============== ===================================================== ============================
role           contract                                              answers
============== ===================================================== ============================
KeyGenerator   ``keystream(key, nonce, n)`` → uint8 (n,)             where do key bytes come from?
Cipher         ``encrypt(images, key)``, ``decrypt(ciphertext, key)`` can only the key read it?
Hider          ``hide(covers, secrets, key)``, ``reveal(stegos, key)`` can anyone tell it is there?
Protector      ``protect(images)``                                   can anyone tell who it is?
============== ===================================================== ============================

Images cross every contract as uint8 tensors (N, C, H, W).
"""

from gansec_lib.ciphers.container import Ciphertext
from gansec_lib.ciphers.kdf import check_key, derive_key
from gansec_lib.roles.conform import Conformity, conform
from gansec_lib.roles.contracts import Cipher, Hider, KeyGenerator, Protector, check_images
from gansec_lib.roles.system import System, between, one_of

__all__ = [
    "Cipher",
    "Ciphertext",
    "Conformity",
    "Hider",
    "KeyGenerator",
    "Protector",
    "System",
    "between",
    "check_images",
    "check_key",
    "conform",
    "derive_key",
    "one_of",
]

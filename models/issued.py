"""What the built-in certificate authority has issued and revoked."""

from tortoise import fields

from models.base import Record

# Of the lists of revoked certificates, which grow from one to the next in all processes together.
NUMBER_LISTS = "create sequence revocation_list_number"
NUMBER_NO_LISTS = "drop sequence revocation_list_number"


class IssuedCertificate(Record):
    """An X.509 certificate with its standing, which the authority alone writes.

    It is not the Certificate of the domain, which may come from another authority.
    """

    order_id = fields.UUIDField()
    key_hash = fields.CharField(64)  # SHA-256 of the public key
    issuer = fields.CharField(16)  # the name of the key that signed it
    serial_number = fields.CharField(40, unique=True)
    content = fields.BinaryField()  # the certificate in DER
    not_after = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    reason = fields.CharField(30, null=True)

    class Meta:
        table = "issued_certificate"
        unique_together = (("order_id", "key_hash"),)
        indexes = (("key_hash",), ("issuer", "revoked_at"), ("organisation_id", "id"))

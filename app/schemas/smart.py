"""The wire of SMART Backend Services (RFC 6749, RFC 7523): what is said, told and refused."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

CLIENT_CREDENTIALS: Final = "client_credentials"
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

TOKEN_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion", "scope"],
    "additionalProperties": True,  # the standard lets a server ignore what it does not know
    "properties": {
        "grant_type": {"type": "string", "enum": [CLIENT_CREDENTIALS]},
        "client_assertion_type": {"type": "string", "enum": [JWT_BEARER]},
        "client_assertion": {
            "type": "string",
            "description": "a JWT that the client signed: `iss` and `sub` its client_id, `aud` "
            "this address, `exp` in five minutes at most, `jti` never the same",
        },
        "scope": {"type": "string", "description": "scopes with one space between"},
        "client_id": {"type": "string", "description": "may be left out; the assertion's `iss`"},
    },
}
"""The form that is sent for a token."""


class TokenAnswer(BaseModel):
    """An access token. It is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "nsa_…",
                    "token_type": "bearer",
                    "expires_in": 300,
                    "scope": "system/Patient.rs system/Observation.rs",
                }
            ]
        }
    )

    access_token: str = Field(description="to be sent as `Authorization: Bearer …`")
    token_type: Literal["bearer"] = Field(description="how it is sent")
    expires_in: int = Field(description="seconds that it is good for")
    scope: str = Field(description="what it is good for: what was asked for and is allowed")


class OAuthError(BaseModel):
    """Why there is no token (RFC 6749, 5.2)."""

    error: Literal[
        "invalid_request",
        "invalid_client",
        "invalid_scope",
        "unsupported_grant_type",
        "temporarily_unavailable",
        "server_error",
    ] = Field(description="the kind of fault")
    error_description: str = Field(description="what is wrong, in a sentence")


class SmartConfiguration(BaseModel):
    """Where a token is had, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token_endpoint": "https://neurostrata.clinic.example/oauth/token",
                    "grant_types_supported": [CLIENT_CREDENTIALS],
                    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
                    "scopes_supported": ["system/*.rs", "system/*.cruds"],
                    "capabilities": ["client-confidential-asymmetric", "permission-v2"],
                }
            ]
        }
    )

    token_endpoint: str = Field(description="address of tokens, and the `aud` of assertions")
    grant_types_supported: list[str] = Field(description="ways to a token")
    token_endpoint_auth_methods_supported: list[str] = Field(description="how clients prove it")
    token_endpoint_auth_signing_alg_values_supported: list[str] = Field(
        description="what clients may sign with"
    )
    scopes_supported: list[str] = Field(description="scopes that may be asked for, among others")
    capabilities: list[str] = Field(description="parts of SMART that are served")

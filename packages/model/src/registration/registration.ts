import type { Stage } from '../resource/stage.ts'

/** That an app manages its own registration (RFC 7592): by the name of the app. */
export interface Registration {
  /** Fingerprint of the registration access token that is good now. */
  readonly hash: string
}

/** Leave to register one app (RFC 7591 §1.2): by the fingerprint of the initial access token. */
export interface RegistrationLeave {
  readonly stage: Stage
  /** Who gave it. */
  readonly by: string
}

/** That a software statement was used: by its issuer and id. Each is for one app. */
export interface UsedStatement {
  readonly app: string
}

/** That we issued a software statement: by its approval, or by its own id where nobody had to approve it. */
export interface IssuedStatementNote {
  readonly approval: string
  /** ISO 8601, UTC. */
  readonly expiresAt: string
}

/** With what an organization signs software statements. */
export interface StatementKey {
  /** PKCS #8 in PEM, readable only through the secrets port. */
  readonly sealed: string
  /** Ed25519 (RFC 8037). */
  readonly publicJwk: {
    readonly kty: 'OKP'
    readonly crv: 'Ed25519'
    readonly x: string
    readonly kid: string
  }
}

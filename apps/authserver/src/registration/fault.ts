/** A refusal as RFC 7591 §3.2.2 and RFC 6750 §3.1 write it. The description is for the developer of the app. */
export class RegistrationError extends Error {
  readonly status: number
  readonly error: string
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, error: string, description: string, retryAfterSeconds?: number) {
    super(description)
    this.status = status
    this.error = error
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export const badMetadata = (description: string): RegistrationError =>
  new RegistrationError(400, 'invalid_client_metadata', description)

/** One word for a token that is missing, wrong, used or of another app: nobody learns which. */
export const badToken = (): RegistrationError =>
  new RegistrationError(401, 'invalid_token', 'the token is not good for this registration')

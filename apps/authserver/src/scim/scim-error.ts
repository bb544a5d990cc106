/** Why a request is refused, as SCIM clients read it (RFC 7644 §3.12). Nothing of it is ours alone. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: number
  readonly scimType: string | undefined

  constructor(status: number, detail: string, scimType?: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

export const scimErrors = {
  filter: (detail: string) => new ScimError(400, detail, 'invalidFilter'),
  path: (detail: string) => new ScimError(400, detail, 'invalidPath'),
  value: (detail: string) => new ScimError(400, detail, 'invalidValue'),
  syntax: (detail: string) => new ScimError(400, detail, 'invalidSyntax'),
  noTarget: (detail: string) => new ScimError(400, detail, 'noTarget'),
  mutability: (detail: string) => new ScimError(400, detail, 'mutability'),
  tooMany: (detail: string) => new ScimError(400, detail, 'tooMany'),
  taken: (detail: string) => new ScimError(409, detail, 'uniqueness'),
  unauthorized: () => new ScimError(401, 'Send the bearer token that was issued for this organization.'),
  notFound: () => new ScimError(404, 'There is nothing of that id.'),
  changed: () => new ScimError(412, 'It was changed in the meantime. Read it again.'),
  method: () => new ScimError(405, 'This address does not take that method.'),
  tooLarge: () => new ScimError(413, 'The body is too large.'),
} as const

export function errorBody({ status, scimType, message }: ScimError): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType !== undefined && { scimType }),
    detail: message,
  }
}

import type { DetailType } from '@portcullis/model/resource/detail-type'
import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import { type Audience, type Directory, subscribedScopes } from '@portcullis/oauth/directory'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { errors } from 'oidc-provider'

/** Of the parameter as it is sent. */
export const MOST_CHARACTERS = 8192
const MOST_DETAILS = 16
const MOST_COMPILED = 256

// Values are checked, never changed; unknown keywords were refused when the API was published.
const engine = new Ajv2020({ strict: true, allowUnionTypes: true, ownProperties: true })
const compiled = new Map<string, ValidateFunction>()

/** Reads the parameter `authorization_details`. Throws `invalid_authorization_details`. */
export function readDetails(text: string): readonly AuthorizationDetail[] {
  if (text.length > MOST_CHARACTERS) throw bad(`they have more than ${MOST_CHARACTERS} characters`)
  const details = parsed(text)
  const isList = Array.isArray(details) && details.length <= MOST_DETAILS && details.every(isDetail)
  if (!isList) throw bad(`they are a JSON array of at most ${MOST_DETAILS} objects, each with a type`)
  return details
}

/** APIs that an app may ask: the one that is named, or all that it subscribes to. */
export function audiencesFor(directory: Directory, app: string, resource: unknown): readonly Audience[] {
  return [...directory.audiences.values()].filter(
    (each) =>
      subscribedScopes(each, app) !== undefined &&
      (resource === undefined || [resource].flat().includes(each.audience)),
  )
}

/** Demands that one of these APIs understands the detail, and that it is what that API says it must be. */
export function checkDetail(audiences: readonly Audience[], detail: AuthorizationDetail): void {
  const understanding = audiences.filter(({ detailTypes }) => detailTypes.has(detail.type))
  if (understanding.length === 0)
    throw bad(`no API that this app may call knows '${detail.type.slice(0, 64)}'`)
  const complaints = understanding.map((audience) => complaintAbout(audience, detail))
  if (complaints.includes(undefined)) return
  throw bad(`'${detail.type.slice(0, 64)}': ${complaints[0]}`)
}

function complaintAbout(
  { audience, detailTypes }: Audience,
  detail: AuthorizationDetail,
): string | undefined {
  // RFC 9396 §2.2: where it is to be used.
  const { locations } = detail
  if (Array.isArray(locations) && !locations.includes(audience)) return 'its locations are not this API'
  const type = detailTypes.get(detail.type)
  if (type === undefined) return 'unknown'
  const validate = validatorOf(type)
  if (validate(detail)) return undefined
  const [error] = validate.errors ?? []
  return `${error?.instancePath ?? ''} ${error?.message ?? 'is not valid'}`.trim().slice(0, 200)
}

function validatorOf({ schema }: DetailType): ValidateFunction {
  const text = JSON.stringify(schema)
  const known = compiled.get(text)
  if (known !== undefined) return known
  const validate = engine.compile(schema)
  const [oldest] = compiled.keys()
  if (compiled.size >= MOST_COMPILED && oldest !== undefined) compiled.delete(oldest)
  compiled.set(text, validate)
  return validate
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDetail(value: unknown): value is AuthorizationDetail {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    'type' in value &&
    typeof value.type === 'string' &&
    value.type !== ''
  )
}

export function bad(description: string): Error {
  return new errors.InvalidAuthorizationDetails(description)
}

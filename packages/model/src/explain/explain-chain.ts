import type { BackendIdentity, Decision } from '../decision/decision.ts'

/**
 * The chain of trust of a call, one link to a line: user, app, gateway, backend, each with what it showed to the next, for
 * whom that is and how long it is good. Empty where the backend was told nothing of who calls.
 */
export function explainChain(decision: Decision): string[] {
  const { backend = [] } = decision
  if (backend.length === 0) return []
  const links = [
    ...callerLinks(decision, backend.find((each) => each.presented !== undefined)?.presented),
    ...backend.map((each) => `the gateway ${showed(each, decision)}`),
    `the backend ${tookIt(decision)}`,
  ]
  return ['The chain of trust:', ...links.map((link, i) => `  ${i + 1}. ${link}`)]
}

function callerLinks(decision: Decision, presented: BackendIdentity['presented']): string[] {
  const { client, subject } = decision
  if (client === undefined) return ['nobody was identified as the caller']
  const isUser = subject !== undefined && subject !== client
  const app = `the app "${client}"${isUser ? `, on behalf of "${subject}"` : ', for itself'}`
  const user = isUser ? [`the user "${subject}"${knownBy(presented?.identityProvider)}`] : []
  if (presented === undefined) return [...user, app]
  const { issuer, audience, expiresAt, actors = [] } = presented
  const before = actors.map(
    (actor) => `the app "${actor}", which acted for ${isUser ? `"${subject}"` : 'it'}`,
  )
  return [
    ...user,
    ...before,
    `${app}, with a token of ${issuer} for ${audience.join(' ')}${until(expiresAt, decision)}`,
  ]
}

function knownBy(provider: string | undefined): string {
  return provider === undefined ? '' : `, whom the identity provider "${provider}" knows`
}

function showed({ method, audience, issuer, client, speaksOf, expiresAt }: BackendIdentity, of: Decision) {
  const whom = speaksOf === 'caller' ? 'for the caller' : 'for itself'
  const parts = [
    ...(client === undefined ? [] : [`as "${client}"`]),
    ...(issuer === undefined ? [] : [`issued by ${issuer}`]),
    ...(audience === undefined ? [] : [`for ${audience}`]),
  ]
  const how = parts.length === 0 ? '' : `, ${parts.join(', ')}`
  return `spoke ${whom} by ${method}${how}${until(expiresAt, of)}`
}

function until(expiresAt: string | undefined, { at }: Decision): string {
  if (expiresAt === undefined) return ''
  const seconds = Math.round((Date.parse(expiresAt) - Date.parse(at)) / 1000)
  return `, good until ${expiresAt} (${seconds} s more)`
}

function tookIt({ upstream }: Decision): string {
  if (upstream?.status === undefined) return 'gave no answer'
  if (upstream.status === 401) return 'did not take it: it answered with 401'
  return `answered with ${upstream.status}`
}

import { isAudienceOf } from '@portcullis/model/audience'
import type { AudienceConfig, AudienceFacts } from './contract.ts'

export type Judgement =
  | { readonly kind: 'satisfied' }
  /** `environment` is the name of the other. */
  | { readonly kind: 'other-environment'; readonly environment: string }
  | { readonly kind: 'other-api' }

const SATISFIED: Judgement = { kind: 'satisfied' }

/** For whom a credential says that it is meant (RFC 7519 §4.1.3): a text or a list; nobody where it says nothing. */
export function audiencesOf(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const { aud } = claims
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) ? aud.filter((each) => typeof each === 'string') : []
}

/** An audience belongs to the environment with the longest URL that it is below: one may lie below another. */
export function judge(
  audiences: readonly string[],
  { only }: AudienceConfig,
  { audience: own, environmentUrl, others }: AudienceFacts,
): Judgement {
  for (const audience of audiences) {
    if (audience === own) continue
    const at = others
      .filter(({ url }) => isAudienceOf(url, audience))
      .reduce<{ environment?: string; url: string } | undefined>(
        (longest, each) => (each.url.length > (longest?.url.length ?? 0) ? each : longest),
        isAudienceOf(environmentUrl, audience) ? { url: environmentUrl } : undefined,
      )
    if (at?.environment !== undefined) return { kind: 'other-environment', environment: at.environment }
    if (only === 'this-api') return { kind: 'other-api' }
  }
  return SATISFIED
}

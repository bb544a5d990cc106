import type { DocumentApp } from '@portcullis/model/client-document'
import type { ExternalApp } from '@portcullis/model/revision'
import type { ClaimPlaces } from './identity.ts'

/** Which clients are which apps, as the revision says it. */
export interface KnownClients {
  /** Our own, whose apps these are. */
  readonly issuer: string
  /** Which clients of other issuers are which apps, as the apps say. */
  readonly externalApps: readonly ExternalApp[]
  /** Which apps stand for clients that documents describe: clients of our own issuer alone. */
  readonly documentApps: readonly DocumentApp[]
}

type ClientPlaces = Pick<ClaimPlaces, 'apps' | 'documents' | 'ownIssuer'>

/** Which clients of another issuer are which apps: as the apps themselves say, and the policy's config before them. */
export function appsOf(
  { issuer, apps }: { readonly issuer: string; readonly apps: Readonly<Record<string, string>> },
  known: Pick<KnownClients, 'issuer' | 'externalApps'>,
): ClientPlaces {
  const theirs = known.externalApps.filter((each) => each.issuer === issuer)
  return {
    apps: { ...Object.fromEntries(theirs.map(({ clientId, app }) => [clientId, app])), ...apps },
    ownIssuer: known.issuer,
  }
}

/** The same of our own issuer, whose clients are apps by their names. */
export function ownAppsOf({ documentApps }: Pick<KnownClients, 'documentApps'>): ClientPlaces {
  return documentApps.length === 0 ? {} : { documents: documentApps }
}

import { name } from '@portcullis/kernel/schema'
import { isClientDocumentUrl } from '@portcullis/model/client-document'
import { idOf, resources } from '@portcullis/model/collection'
import { type AppSpec, appSpec } from '@portcullis/model/resource/app'
import type { Resource } from '@portcullis/model/resource/resource'
import type { Store } from '@portcullis/ports/store/port'
import type { ClientDocuments } from '../client-document/client-documents.ts'

/** The app by which users sign in to their own account. No declared app can have this name. */
export const ACCOUNT_APP = 'urn:portcullis:account'

/** Where its users are sent after signing in. It asks nothing but that: its codes are never redeemed. */
export function signedInUrl(issuer: URL): string {
  return `${issuer.href}/account/signed-in`
}

export interface KnownApp {
  /** Its `client_id`. */
  readonly name: string
  readonly spec: AppSpec
}

/** The app with a `client_id`, disabled or not: one of the organization, one that describes itself, or our own. */
export type ReadApp = (id: string) => Promise<KnownApp | undefined>

export function appReader(
  store: Store,
  organization: string,
  issuer: URL,
  documents: Pick<ClientDocuments, 'find'>,
): ReadApp {
  return async (id) => {
    if (id === ACCOUNT_APP) return { name: id, spec: accountApp(issuer) }
    if (isClientDocumentUrl(id)) {
      const described = await documents.find(id)
      return described && { name: id, spec: described }
    }
    const app = await findApp(store, organization, id)
    // Who stands for others is none itself.
    return app?.kind === 'App' && app.spec.clientDocuments === undefined ? app : undefined
  }
}

const appName = name()
const MOST_CHARACTERS = 256

/** By its name, or else as the identity provider calls it that checks it. */
async function findApp(store: Store, organization: string, id: string): Promise<Resource | undefined> {
  const named = appName.safeParse(id).success
    ? await store.get(resources, organization, idOf.resource('App', id))
    : undefined
  if (named !== undefined || id === '' || id.length > MOST_CHARACTERS) return named?.value
  const where = { attribute: 'calledThere', equals: id }
  const [found, ...others] = await store.find(resources, organization, { where, limit: 2 })
  // Publishing refuses two of one name; whoever finds them all the same lets neither in.
  return others.length === 0 ? found?.value : undefined
}

function accountApp(issuer: URL): AppSpec {
  return appSpec.parse({
    title: 'your account',
    grants: ['authorization_code'],
    redirectUris: [signedInUrl(issuer)],
    public: true,
    firstParty: true,
  })
}

import type { Secret } from '@portcullis/kernel/secret'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import type { MessageSigner, VerifiedAssertion } from '@portcullis/ports/assertions/port'
import type { UpstreamPlace, UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type {
  Beginning,
  BrowserUpstream,
  PresentedAssertion,
  UpstreamAnswer,
  UpstreamIdentity,
  UpstreamSignIn,
} from '../upstream.ts'
import { writeAuthnRequest } from './authn-request.ts'
import { identityOf } from './identity-of.ts'
import { writeMetadata } from './metadata.ts'
import { sendMessage } from './send-message.ts'
import { askToSignOut, finishSignOut, readAskedSignOut, refuse, type SingleLogout } from './single-logout.ts'
import { SKEW_MILLIS, trustReader } from './trust.ts'

/** From its issue on an assertion is for the sign-in to which it was the answer, and for none much later. */
const MAX_AGE_MILLIS = 600_000
/** Base64 of what the verifier would look at, at most. */
const MOST_CHARACTERS = 350_000

/** Signs users in with a SAML 2.0 identity provider: they go there with a request, and come back with its answer by POST. */
export function openSamlUpstream(
  spec: SamlProviderSpec,
  ports: UpstreamPorts,
  place: UpstreamPlace,
): BrowserUpstream {
  const { assertions, vault, clock } = ports
  const readTrust = trustReader(spec, ports, place)
  const entityIdAt = (callback: URL): string => spec.entityId ?? callback.href

  return {
    by: 'browser',
    begin,
    finish,
    metadata,
    signOut: async (session, returnTo, state) => {
      const logout = await singleLogout(returnTo)
      return logout && askToSignOut(logout, session, state)
    },
    finishSignOut: async (message, kept) => {
      const logout = await singleLogout(message.address)
      if (logout !== undefined) await finishSignOut(logout, message, kept)
    },
    readSignOut: async (message) => {
      const logout = await singleLogout(message.address)
      return logout && readAskedSignOut(logout, message)
    },
    ...(spec.unasked !== undefined && { unasked: new URL(spec.unasked) }),
    ...(spec.vouchesForUsers && { vouch: async (presented) => identityOf(spec, await read(presented)) }),
    // RFC 7522 §3, 3.B.: the subject is the client's own identifier, in whatever place users have theirs.
    ...(spec.vouchesForApps && { vouchForApp: async (presented) => (await read(presented)).subject.value }),
  }

  function signer(): MessageSigner | undefined {
    const { signingKey } = spec
    return signingKey && { key: secretOf(signingKey.key), certificate: signingKey.certificate }
  }

  /** A vault without it is the operator's to mend: nobody can be signed in. */
  function secretOf(name: string): Secret {
    try {
      return vault.secret(name)
    } catch (cause) {
      throw upstreamFaults.unavailable({ internal: `the vault has no secret ${name}`, cause })
    }
  }

  async function begin(signIn: UpstreamSignIn): Promise<Beginning> {
    const { signIn: there } = await readTrust()
    const about = { destination: there.url, entityId: entityIdAt(signIn.callback), now: clock.now() }
    const { id, xml } = writeAuthnRequest(spec, signIn, about)
    const message = { field: 'SAMLRequest', xml, relayState: signIn.state, signer: signer() } as const
    return { kept: { request: id }, ...sendMessage(there, message, assertions) }
  }

  /** Signed where we have a key for that (SAML Metadata §3), so that it can be passed on by anybody. */
  async function metadata(callback: URL) {
    const text = writeMetadata(spec, callback, new URL('signed-out', callback))
    const own = signer()
    return {
      type: 'application/samlmetadata+xml',
      text: own === undefined ? text : assertions.sign(text, own),
    }
  }

  /** `signedOut`: where answers to it come, beside the callback. */
  async function singleLogout(signedOut: URL): Promise<SingleLogout | undefined> {
    const trust = await readTrust()
    const own = signer()
    const { signOut: endpoint } = trust
    if (endpoint === undefined || own === undefined) return undefined
    const entityId = entityIdAt(new URL('callback', signedOut))
    return {
      ...{ trust, endpoint, signer: own, entityId, assertions, now: clock.now() },
      decryptionKeys: decryptionKeys(),
    }
  }

  function decryptionKeys(): Secret[] {
    return spec.decryptionKeys.map(({ key }) => secretOf(key))
  }

  /** As whatever comes of it must be. */
  async function standing() {
    const { issuer } = await readTrust()
    return {
      issuers: [issuer],
      now: clock.now(),
      skewMillis: SKEW_MILLIS,
      maxAgeMillis: MAX_AGE_MILLIS,
      decryptionKeys: decryptionKeys(),
      mustBeEncrypted: spec.encrypted,
    }
  }

  async function finish(answer: UpstreamAnswer): Promise<UpstreamIdentity> {
    const { callback, kept } = answer
    const said = await assertions
      .verifyResponse(xmlOf(answer), {
        ...(await standing()),
        audiences: [entityIdAt(callback)],
        recipients: [callback.href],
        inResponseTo: kept.request ?? '',
        mustBeSigned: spec.signedResponses,
        // It answers one request, and that is finished once: nothing else has to be remembered.
        isFirstUse: async () => true,
      })
      .catch(refuse)
    return identityOf(spec, said)
  }

  /** What is presented by somebody else than a browser that we sent. */
  async function read({ xml, ...demanded }: PresentedAssertion): Promise<VerifiedAssertion> {
    return assertions.verify(xml, { ...(await standing()), ...demanded }).catch(refuse)
  }
}

/** SAML Bindings §3.5.4: by POST alone, in base64. */
function xmlOf({ parameters }: UpstreamAnswer): string {
  const encoded = parameters.get('SAMLResponse')
  if (encoded === undefined) throw upstreamFaults.refused({ internal: 'there is no SAMLResponse' })
  if (encoded.length > MOST_CHARACTERS)
    throw upstreamFaults.refused({ internal: 'the SAMLResponse is too long' })
  return Buffer.from(encoded, 'base64').toString('utf8')
}

import type { Secret } from '@portcullis/kernel/secret'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { type AssertionIssuer, assertionsFaults, type MessageSigner } from '@portcullis/ports/assertions/port'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type {
  Beginning,
  BrowserUpstream,
  PresentedAssertion,
  UpstreamAnswer,
  UpstreamIdentity,
  UpstreamSignIn,
} from '../upstream.ts'
import { redirectLocation, writeAuthnRequest } from './authn-request.ts'
import { identityOf } from './identity-of.ts'
import { writeMetadata } from './metadata.ts'

/** Clocks may be apart by this. */
const SKEW_MILLIS = 60_000
/** From its issue on an assertion is for the sign-in to which it was the answer, and for none much later. */
const MAX_AGE_MILLIS = 600_000
/** Base64 of what the verifier would look at, at most. */
const MOST_CHARACTERS = 350_000

/** Signs users in with a SAML 2.0 identity provider: they go there with a request, and come back with its answer by POST. */
export function openSamlUpstream(
  spec: SamlProviderSpec,
  { assertions, vault, clock }: UpstreamPorts,
): BrowserUpstream {
  const issuers: readonly AssertionIssuer[] = [{ name: spec.issuer, certificates: spec.certificates }]
  const entityIdAt = (callback: URL): string => spec.entityId ?? callback.href

  return {
    by: 'browser',
    begin: async (signIn) => begin(signIn),
    finish,
    metadata: (callback) => ({ type: 'application/samlmetadata+xml', text: writeMetadata(spec, callback) }),
    ...(spec.unasked !== undefined && { unasked: new URL(spec.unasked) }),
    ...(spec.vouchesForUsers && { vouch }),
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

  function begin(signIn: UpstreamSignIn): Beginning {
    const { id, xml } = writeAuthnRequest(spec, signIn, entityIdAt(signIn.callback), clock.now())
    const kept = { request: id }
    const own = signer()
    const { binding, url } = spec.signIn
    if (binding === 'redirect') return { kept, location: redirectLocation(url, xml, signIn.state, own) }
    const message = own === undefined ? xml : assertions.sign(xml, own)
    const fields = { SAMLRequest: Buffer.from(message).toString('base64'), RelayState: signIn.state }
    return { kept, action: new URL(url), fields }
  }

  /** As whatever comes of it must be. */
  function standing() {
    return {
      issuers,
      now: clock.now(),
      skewMillis: SKEW_MILLIS,
      maxAgeMillis: MAX_AGE_MILLIS,
      decryptionKeys: spec.decryptionKeys.map(({ key }) => secretOf(key)),
      mustBeEncrypted: spec.encrypted,
    }
  }

  async function finish(answer: UpstreamAnswer): Promise<UpstreamIdentity> {
    const { callback, kept } = answer
    const said = await assertions
      .verifyResponse(xmlOf(answer), {
        ...standing(),
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

  async function vouch({ xml, ...demanded }: PresentedAssertion): Promise<UpstreamIdentity> {
    return identityOf(spec, await assertions.verify(xml, { ...standing(), ...demanded }).catch(refuse))
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

function refuse(thrown: unknown): never {
  if (!assertionsFaults.refused.is(thrown)) throw thrown
  throw upstreamFaults.refused({ internal: thrown.message, cause: thrown })
}

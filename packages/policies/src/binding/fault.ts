import { defineFaults } from '@portcullis/kernel/fault'

const PROVE =
  'Send a new proof for this very call, signed with the key to which the token is bound (RFC 9449 §4).'

/** What can be wrong with how a caller proves to hold the key to which a token is bound. */
export const bindingFaults = defineFaults('binding', {
  unchecked: {
    status: 401,
    title: 'Tokens that are bound to a key are not accepted here',
    remedy: 'Fetch a token without a binding.',
  },
  required: {
    status: 401,
    title: 'Only tokens that are bound to a key of the caller are accepted here',
    remedy: 'Ask the authorization server for a token that is bound by DPoP or by your certificate.',
  },
  'sent-as-bearer': {
    status: 401,
    title: 'The token is bound to a DPoP key and was sent as a bearer token',
    remedy: 'Send it as Authorization: DPoP TOKEN, with a proof in the field DPoP (RFC 9449 §7.1).',
  },
  'not-bound': {
    status: 401,
    title: 'The token was sent with the scheme DPoP and is bound to no DPoP key',
    remedy: 'Send it as Authorization: Bearer TOKEN, or fetch one that is bound to your key.',
  },
  'no-proof': { status: 401, title: 'The call lacks its one DPoP proof', remedy: PROVE },
  'bad-proof': { status: 401, title: 'The DPoP proof is not accepted', remedy: PROVE },
  'other-key': {
    status: 401,
    title: 'The DPoP proof was made with another key than the one to which the token is bound',
    remedy: PROVE,
  },
  replayed: { status: 401, title: 'The DPoP proof was used before', remedy: PROVE },
  'new-nonce': {
    status: 401,
    title: 'The DPoP proof lacks the nonce that the gateway asks for',
    remedy: 'Put the value of the field DPoP-Nonce as nonce into a new proof (RFC 9449 §9).',
  },
  'no-certificate': {
    status: 401,
    title: 'The token is bound to a certificate, and the connection shows none',
    remedy: 'Connect over TLS with the certificate with which the token was fetched (RFC 8705 §3).',
  },
  'other-certificate': {
    status: 401,
    title: 'The token is bound to another certificate than the one of the connection',
    remedy: 'Connect over TLS with the certificate with which the token was fetched (RFC 8705 §3).',
  },
})

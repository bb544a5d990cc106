import type {
  AssertionDemands,
  AssertionIssuer,
  Assertions,
  ResponseDemands,
  VerifiedAssertion,
} from '@portcullis/ports/assertions/port'
import { holdToDemands, refused } from '@portcullis/ports/assertions/statement'
import { attributeOf, elementsOf, everyElement, is, type XmlElement } from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { standalone } from '@portcullis/xml/write-xml'
import { decrypt } from './decrypt.ts'
import { keysOf } from './issuer-key.ts'
import { MESSAGE_LIMITS } from './limit.ts'
import { SAML, SAMLP, SUCCESS } from './namespace.ts'
import { issuerOf, statusOf } from './part.ts'
import { readStatement } from './read-statement.ts'
import { settle } from './settle.ts'
import { signMessage } from './sign.ts'
import { readSigned, signatureOf } from './signature.ts'

/** Something that was read: its text, and the root that was read from it. */
interface Read {
  readonly text: string
  readonly root: XmlElement
}

/** Verifies SAML 2.0 assertions by the certificates of those who are trusted. */
export function openAssertions(): Assertions {
  return {
    verify: (xml, demands) => settle(() => verifyAssertion(read(xml), demands)),
    verifyResponse: (xml, demands) => settle(() => verifyResponse(read(xml), demands)),
    sign: signMessage,
  }
}

function read(text: string): Read {
  return { text, root: readXml(text, MESSAGE_LIMITS) }
}

/** As the root of a document of its own. */
function apart({ text }: Read, element: XmlElement): Read {
  return read(standalone(text, element))
}

function verifyResponse(response: Read, demands: ResponseDemands): Promise<VerifiedAssertion> {
  if (!is(response.root, SAMLP, 'Response')) throw refused('it is no SAML 2.0 response')
  const isSigned = signatureOf(response.root) !== undefined
  if (demands.mustBeSigned === true && !isSigned) throw refused('the response itself is not signed')
  const issuer = isSigned ? issuerNamed(issuerOf(response.root), demands) : undefined
  const believed = issuer === undefined ? response : readSigned(response.text, response.root, keysOf(issuer))
  const { root } = believed
  if (attributeOf(root, 'Version') !== '2.0') throw refused('it is of another version')
  // SAML Bindings §3.5.5.2: whatever is signed says where it was sent, so that it can't be sent on.
  const destination = attributeOf(root, 'Destination')
  if (destination === undefined ? isSigned : !demands.recipients.includes(destination))
    throw refused('it was sent to somebody else')
  if (attributeOf(root, 'InResponseTo') !== demands.inResponseTo) throw refused('it answers another request')
  const status = statusOf(root)
  if (status !== SUCCESS) throw refused(`the issuer answered with ${status}`)
  const [assertion, ...others] = elementsOf(root).filter(
    (each) => is(each, SAML, 'Assertion') || is(each, SAML, 'EncryptedAssertion'),
  )
  if (assertion === undefined || others.length > 0) throw refused('it has not exactly one assertion')
  return verifyAssertion(apart(believed, assertion), demands, issuer)
}

/** `voucher`: who signed what it stood in. Where it is signed itself that must hold as well. */
function verifyAssertion(
  given: Read,
  demands: AssertionDemands,
  voucher?: AssertionIssuer,
): Promise<VerifiedAssertion> {
  const isEncrypted = is(given.root, SAML, 'EncryptedAssertion')
  if (!isEncrypted && demands.mustBeEncrypted === true) throw refused('it is not encrypted')
  const said = isEncrypted ? read(decrypt(given.root, demands.decryptionKeys ?? [])) : given
  if (!is(said.root, SAML, 'Assertion')) throw refused('it is no SAML 2.0 assertion')
  if ([...everyElement(said.root)].some((each) => each !== said.root && is(each, SAML, 'Assertion')))
    throw refused('there is an assertion inside of another')
  const issuer = issuerNamed(issuerOf(said.root), demands)
  if (voucher !== undefined && voucher !== issuer) throw refused('the response is of another issuer')
  const isSigned = signatureOf(said.root) !== undefined
  if (!isSigned && voucher === undefined) throw refused('it is not signed')
  const believed = isSigned ? readSigned(said.text, said.root, keysOf(issuer)) : said
  const statement = readStatement(believed.root)
  if (statement.issuer !== issuer.name) throw refused('its issuer is another than the one that signed')
  return holdToDemands(statement, demands)
}

function issuerNamed(name: string, { issuers }: AssertionDemands): AssertionIssuer {
  const issuer = issuers.find((each) => each.name === name)
  if (issuer === undefined) throw refused('its issuer is not trusted')
  return issuer
}

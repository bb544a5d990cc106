import type { KeyObject } from 'node:crypto'
import { refused } from '@portcullis/ports/assertions/statement'
import {
  attributeOf,
  childrenOf,
  elementsOf,
  everyElement,
  is,
  type XmlElement,
} from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { standalone } from '@portcullis/xml/write-xml'
import { SignedXml } from 'xml-crypto'
import { DIGEST_METHODS, hashAlgorithms, SIGNATURE_METHODS, signatureAlgorithms, suits } from './algorithm.ts'
import { MESSAGE_LIMITS } from './limit.ts'
import { DSIG, ENVELOPED, EXCLUSIVE_C14N } from './namespace.ts'

/** The signature of an element over itself, where it has one. More than one is refused. */
export function signatureOf(root: XmlElement): XmlElement | undefined {
  const [signature, ...others] = childrenOf(root, DSIG, 'Signature')
  if (others.length > 0) throw refused('it has several signatures')
  return signature
}

/**
 * Verifies the signature that the root of a document has over itself, and gives back what was signed: the canonical
 * text, read anew. Nothing but that may be looked at: whatever an attacker wraps around, beside or into it is gone.
 *
 * The document is the signed element alone, so the signature can be over nothing else (SAML Core §5.4.2): there is
 * no other element to which a reference could lead.
 *
 * @throws assertions.refused, xml.malformed, xml.forbidden, xml.too-large
 */
export function readSigned(
  text: string,
  root: XmlElement,
  keys: readonly KeyObject[],
): { readonly text: string; readonly root: XmlElement } {
  const signature = signatureOf(root)
  if (signature === undefined) throw refused('it is not signed')
  const id = attributeOf(root, 'ID')
  if (id === undefined || id === '') throw refused('what is signed has no ID')
  demandOneMeaning(root)
  const method = methodOf(signature, id)
  const fitting = keys.filter((key) => suits(key, method))
  for (const key of fitting) {
    const signed = canonicalIfSigned(text, standalone(text, signature), key)
    if (signed === undefined) continue
    const verified = readXml(signed, MESSAGE_LIMITS)
    const isSame = is(verified, root.namespace, root.name) && attributeOf(verified, 'ID') === id
    if (!isSame) throw refused('what was signed is something else')
    return { text: signed, root: verified }
  }
  throw refused(
    fitting.length === 0 ? 'the issuer has no key for this kind of signature' : 'the signature does not hold',
  )
}

/** Holds a signature to the one shape in which they are taken, so that there is nothing to be read in two ways. */
function methodOf(signature: XmlElement, id: string) {
  const [signedInfo, value, keyInfo, ...more] = elementsOf(signature)
  if (!isDsig(signedInfo, 'SignedInfo') || !isDsig(value, 'SignatureValue') || more.length > 0)
    throw refused('the signature has another shape')
  if (keyInfo !== undefined && !isDsig(keyInfo, 'KeyInfo')) throw refused('the signature has objects in it')
  const [canonicalization, signatureMethod, reference, ...others] = elementsOf(signedInfo)
  if (
    !isDsig(canonicalization, 'CanonicalizationMethod') ||
    !isDsig(signatureMethod, 'SignatureMethod') ||
    !isDsig(reference, 'Reference') ||
    others.length > 0
  )
    throw refused('the signature is not over one element')
  if (attributeOf(canonicalization, 'Algorithm') !== EXCLUSIVE_C14N)
    throw refused('the canonicalization is not exclusive')
  const method = SIGNATURE_METHODS.get(attributeOf(signatureMethod, 'Algorithm') ?? '')
  if (method === undefined) throw refused('the algorithm of the signature is not accepted')
  if (elementsOf(signatureMethod).length > 0) throw refused('the algorithm of the signature has parameters')
  demandReference(reference, id)
  return method
}

function demandReference(reference: XmlElement, id: string): void {
  if (attributeOf(reference, 'URI') !== `#${id}`) throw refused('the signature is over another element')
  const [transforms, digestMethod, digestValue, ...others] = elementsOf(reference)
  if (
    !isDsig(transforms, 'Transforms') ||
    !isDsig(digestMethod, 'DigestMethod') ||
    !isDsig(digestValue, 'DigestValue') ||
    others.length > 0
  )
    throw refused('the reference has another shape')
  if (!DIGEST_METHODS.has(attributeOf(digestMethod, 'Algorithm') ?? ''))
    throw refused('the digest is not accepted')
  const [enveloped, exclusive, ...more] = elementsOf(transforms)
  if (
    !isTransform(enveloped, ENVELOPED) ||
    !isTransform(exclusive, EXCLUSIVE_C14N) ||
    more.length > 0 ||
    elementsOf(enveloped).length > 0
  )
    throw refused('the transforms are not accepted')
}

function isDsig(element: XmlElement | undefined, name: string): element is XmlElement {
  return element !== undefined && is(element, DSIG, name)
}

function isTransform(element: XmlElement | undefined, algorithm: string): element is XmlElement {
  return isDsig(element, 'Transform') && attributeOf(element, 'Algorithm') === algorithm
}

/**
 * Two elements with one ID are two answers to the question of what was signed, however the attribute is spelt. And of a
 * document with relative namespaces some canonicalizers make nothing at all, to which many signatures fit.
 */
function demandOneMeaning(root: XmlElement): void {
  const seen = new Set<string>()
  for (const { attributes, declared, prefixes } of everyElement(root)) {
    for (const { name, value } of attributes) {
      if (name.toLowerCase() !== 'id') continue
      if (seen.has(value)) throw refused('two elements have the same ID')
      seen.add(value)
    }
    for (const prefix of declared) {
      if (!/^([A-Za-z][A-Za-z0-9+.-]*:|$)/.test(prefixes[prefix] ?? ''))
        throw refused('a namespace is relative')
    }
  }
}

/** What was signed, in canonical form; `undefined` where it was not with this key. */
function canonicalIfSigned(text: string, signature: string, key: KeyObject): string | undefined {
  const signed = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null })
  signed.idAttributes = ['ID']
  signed.SignatureAlgorithms = signatureAlgorithms as never
  signed.HashAlgorithms = hashAlgorithms as never
  const { [EXCLUSIVE_C14N]: exclusive, [ENVELOPED]: enveloped } = signed.CanonicalizationAlgorithms
  signed.CanonicalizationAlgorithms = { [EXCLUSIVE_C14N]: exclusive, [ENVELOPED]: enveloped } as never
  try {
    signed.loadSignature(signature)
    if (!signed.checkSignature(text)) return undefined
  } catch {
    // Its messages repeat what was sent; whether it was our key or the text makes no difference.
    return undefined
  }
  const [canonical, ...others] = signed.getSignedReferences()
  if (canonical === undefined || others.length > 0) throw refused('the signature is not over one element')
  return canonical
}

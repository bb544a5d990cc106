import { constants, createDecipheriv, createPrivateKey, privateDecrypt } from 'node:crypto'
import type { Secret } from '@portcullis/kernel/secret'
import { refused } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { DSIG, XENC, XENC11 } from './namespace.ts'

/**
 * Content is taken in AES-GCM alone: with CBC whoever may send us messages can read those of others, by what becomes of
 * each that was changed (XML Encryption 1.1 §6.1.2).
 */
const CONTENT: ReadonlyMap<
  string,
  { readonly cipher: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'; readonly keyBytes: number }
> = new Map([
  [`${XENC11}aes128-gcm`, { cipher: 'aes-128-gcm', keyBytes: 16 }],
  [`${XENC11}aes192-gcm`, { cipher: 'aes-192-gcm', keyBytes: 24 }],
  [`${XENC11}aes256-gcm`, { cipher: 'aes-256-gcm', keyBytes: 32 }],
] as const)

const DIGESTS: ReadonlyMap<string, string> = new Map([
  [`${DSIG}sha1`, 'sha1'],
  [`${XENC}sha256`, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  [`${XENC}sha512`, 'sha512'],
])

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * What is in an `EncryptedAssertion` or the like (XML Encryption 1.1): the text that was encrypted. That says nothing about
 * who did it: anybody can with our public key.
 *
 * The key comes by RSA-OAEP alone; PKCS #1 v1.5 is refused, since it tells attackers too much (§6.1.1).
 *
 * @throws assertions.refused, always for the same reason once a private key has been used.
 */
export function decrypt(outer: XmlElement, privateKeys: readonly Secret[]): string {
  if (privateKeys.length === 0) throw refused('it is encrypted, and there is no key for it')
  const data = only(outer, XENC, 'EncryptedData')
  const algorithm = attributeOf(only(data, XENC, 'EncryptionMethod'), 'Algorithm')
  const content = CONTENT.get(algorithm ?? '')
  if (content === undefined) throw refused('it is not encrypted with AES-GCM')
  const encryptedKey = keyIn(outer, data)
  const oaepHash = oaepHashOf(only(encryptedKey, XENC, 'EncryptionMethod'))
  const wrapped = cipherValue(encryptedKey)
  const sealed = cipherValue(data)
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw refused('what is encrypted is too short')
  for (const pem of privateKeys) {
    try {
      const key = privateDecrypt(
        { key: createPrivateKey(pem.reveal()), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
        wrapped,
      )
      if (key.length !== content.keyBytes) continue
      const decipher = createDecipheriv(content.cipher, key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const opened = Buffer.concat([
        decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)),
        decipher.final(),
      ])
      return new TextDecoder('utf-8', { fatal: true }).decode(opened)
    } catch {
      // Another key, or another text: whoever sent it must not learn which. The next key may fit.
    }
  }
  throw refused('it can not be decrypted')
}

/** Inside of what it opens, or beside it; one alone. */
function keyIn(outer: XmlElement, data: XmlElement): XmlElement {
  const inside = childrenOf(data, DSIG, 'KeyInfo').flatMap((info) => childrenOf(info, XENC, 'EncryptedKey'))
  const [key, ...others] = [...inside, ...childrenOf(outer, XENC, 'EncryptedKey')]
  if (key === undefined || others.length > 0) throw refused('there is not exactly one encrypted key')
  return key
}

/** The hash of OAEP and that of its mask must be the same: Node knows no other. */
function oaepHashOf(method: XmlElement): string {
  const digestUri = method.children.flatMap((each) =>
    typeof each !== 'string' && is(each, DSIG, 'DigestMethod') ? [attributeOf(each, 'Algorithm') ?? ''] : [],
  )
  const [digest = 'sha1', ...others] = digestUri.map((uri) => DIGESTS.get(uri) ?? '')
  if (digest === '' || others.length > 0 || childrenOf(method, XENC, 'OAEPparams').length > 0)
    throw refused('the parameters of RSA-OAEP are not accepted')
  const [mask = 'sha1', ...masks] = childrenOf(method, XENC11, 'MGF').map((each) =>
    (attributeOf(each, 'Algorithm') ?? '').replace(`${XENC11}mgf1`, ''),
  )
  const algorithm = attributeOf(method, 'Algorithm')
  if (algorithm !== `${XENC}rsa-oaep-mgf1p` && algorithm !== `${XENC11}rsa-oaep`)
    throw refused('the key is not encrypted with RSA-OAEP')
  if (mask !== digest || masks.length > 0) throw refused('RSA-OAEP with two different hashes is not accepted')
  return digest
}

function cipherValue(element: XmlElement): Buffer {
  const value = textOf(only(only(element, XENC, 'CipherData'), XENC, 'CipherValue')) ?? ''
  return Buffer.from(value, 'base64')
}

function only(element: XmlElement, namespace: string, name: string): XmlElement {
  const [found, ...others] = childrenOf(element, namespace, name)
  if (found === undefined || others.length > 0) throw refused(`there is not exactly one ${name}`)
  return found
}

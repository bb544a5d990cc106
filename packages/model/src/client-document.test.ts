import { describe, expect, it } from 'vitest'
import { appOfDocument, clientDocumentPlace, isClientDocumentUrl } from './client-document.ts'

describe('the address of a client’s document', () => {
  it.each([
    'https://editor.example/client.json',
    'https://editor.example/',
    'https://editor.example:8443/a/b',
    'http://127.0.0.1:4711/client.json',
    'http://localhost:4711/client.json',
  ])('is one: %s', (id) => {
    expect(isClientDocumentUrl(id)).toBe(true)
  })

  it.each([
    ['an app of ours', 'shop'],
    ['http to another machine', 'http://editor.example/client.json'],
    ['a user', 'https://me@editor.example/client.json'],
    ['a password', 'https://:x@editor.example/client.json'],
    ['a query', 'https://editor.example/client.json?a'],
    ['an empty query', 'https://editor.example/client.json?'],
    ['a fragment', 'https://editor.example/client.json#a'],
    ['dot segments', 'https://editor.example/a/../client.json'],
    ['dot segments in disguise', 'https://editor.example/a/%2e%2e/client.json'],
    ['a backslash', 'https://editor.example\\client.json'],
    ['no path', 'https://editor.example'],
    ['a host in upper case', 'https://EDITOR.example/client.json'],
    ['the port that goes without saying', 'https://editor.example:443/client.json'],
    ['a space', ' https://editor.example/client.json'],
    ['another scheme', 'ftp://editor.example/client.json'],
    ['no address at all', 'https:editor.example/client.json'],
    ['too much', `https://editor.example/${'a'.repeat(250)}`],
  ])('is none where it has %s', (_, id) => {
    expect(isClientDocumentUrl(id)).toBe(false)
    expect(clientDocumentPlace.safeParse(id).success).toBe(false)
  })
})

describe('the app that stands for a client', () => {
  const documents = [
    { place: 'https://editor.example/clients/', app: 'editors' },
    { place: 'https://one.example/client.json', app: 'one' },
  ]

  it.each([
    ['https://editor.example/clients/a.json', 'editors'],
    ['https://editor.example/clients/a/b', 'editors'],
    ['https://one.example/client.json', 'one'],
    ['https://editor.example/clients/', undefined],
    ['https://editor.example/clientsx', undefined],
    ['https://editor.example/clients/../x', undefined],
    ['https://editor.example.evil.example/clients/a', undefined],
    ['https://one.example/client.json/more', undefined],
    ['https://editor.example/clients/a@https://other.example', 'editors'],
  ])('of %s is %s', (clientId, app) => {
    expect(appOfDocument(documents, clientId)).toBe(app)
  })

  it('is none where no app takes documents', () => {
    expect(appOfDocument([], 'https://editor.example/clients/a.json')).toBeUndefined()
  })
})

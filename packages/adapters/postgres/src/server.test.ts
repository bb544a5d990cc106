import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, test } from 'vitest'
import { postgresFaults } from './fault.ts'
import { readServer } from './server.ts'

const read = (url: string) => readServer(new Secret(url))

describe('the address of a PostgreSQL server', () => {
  test('is taken apart, whatever signs are in its words', () => {
    expect(read('postgres://me:p%40ss%2Fword@db.example:6543/gate%20way')).toMatchObject({
      host: 'db.example',
      port: 6543,
      user: 'me',
      password: 'p@ss/word',
      database: 'gate way',
    })
  })

  test('of another machine means TLS that is verified for its name', () => {
    expect(read('postgres://me@db.example/portcullis').ssl).toEqual({
      rejectUnauthorized: true,
      servername: 'db.example',
    })
    expect(read('postgres://me@127.0.0.1.evil.example/portcullis').ssl).toMatchObject({
      rejectUnauthorized: true,
    })
  })

  test('of this machine, or a socket, needs none', () => {
    expect(read('postgres://me@localhost/portcullis').ssl).toBe(false)
    expect(read('postgres://me@[::1]/portcullis')).toMatchObject({ host: '::1', ssl: false })
    expect(read('postgres://me@localhost/portcullis?host=/run/postgresql')).toMatchObject({
      host: '/run/postgresql',
      ssl: false,
    })
  })

  test.each([
    ['another scheme', 'mysql://me@db.example/portcullis'],
    ['no user', 'postgres://db.example/portcullis'],
    ['no database', 'postgres://me@db.example/'],
    ['TLS that verifies nothing', 'postgres://me@db.example/portcullis?sslmode=require'],
    ['a parameter that nobody knows', 'postgres://me@db.example/portcullis?sslnegotiation=direct'],
    ['a certificate that is not there', 'postgres://me@db.example/portcullis?sslrootcert=/nowhere.pem'],
    ['a certificate without TLS', 'postgres://me@db.example/portcullis?sslmode=disable&sslrootcert=/a.pem'],
  ])('is refused with %s, and its password is in no word of that', (_, url) => {
    const secret = url.replace('me@', 'me:hidden@')
    expect(() => read(secret)).toThrow(expect.objectContaining({ code: postgresFaults['bad-url'].code }))
    try {
      read(secret)
    } catch (thrown) {
      expect(`${(thrown as Error).message} ${(thrown as { detail?: string }).detail}`).not.toContain('hidden')
    }
  })
})

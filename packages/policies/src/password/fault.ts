import type { FaultDefinition } from '@portcullis/kernel/fault'

/** What is told of a name and a password, whoever knows them. `remedy` says whose they are to be. */
export function passwordFaultsFor(remedy: string) {
  return {
    'bad-request': {
      status: 400,
      title: 'The Authorization field cannot be read',
      remedy: 'Send one field: Authorization: Basic, then name:password as base64 of UTF-8 (RFC 7617).',
    },
    wrong: { status: 401, title: 'Name or password is wrong', remedy },
    'too-many': {
      status: 429,
      title: 'Too many wrong passwords',
      remedy: 'Wait a minute, then sign in with the right one.',
    },
  } satisfies Record<string, FaultDefinition>
}

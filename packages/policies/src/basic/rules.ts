import type { OwnUsers } from '@portcullis/ports/identities/port'
import type { PasswordFacts } from '../password/facts.ts'

/** Whose users are meant: those of the organization whose API is called. */
export function usersOf({ organization }: PasswordFacts): OwnUsers {
  return { kind: 'users', organization }
}

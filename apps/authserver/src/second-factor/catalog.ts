import { appMethod } from './app/app-method.ts'
import { codeMethod } from './code/code-method.ts'
import type { SecondFactorMethod } from './method.ts'
import { passkeyMethod } from './passkey/passkey-method.ts'

/** Every second factor, the better first: the first that a user has is asked for, the others are offered. */
export const methods: readonly SecondFactorMethod[] = [passkeyMethod, appMethod, codeMethod]

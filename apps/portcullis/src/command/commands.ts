import { addressLists } from './address-lists.ts'
import { apply } from './apply.ts'
import { approvals } from './approvals.ts'
import { audit } from './audit.ts'
import type { Command } from './command.ts'
import { credential } from './credential.ts'
import { decisions } from './decisions.ts'
import { diff } from './diff.ts'
import { disconnect } from './disconnect.ts'
import { entitlements } from './entitlements.ts'
import { explain } from './explain.ts'
import { exportCommand } from './export.ts'
import { helpOn } from './help.ts'
import { invite } from './invite.ts'
import { keys } from './keys.ts'
import { observed } from './observed.ts'
import { password } from './password.ts'
import { plan } from './plan.ts'
import { policies } from './policies.ts'
import { provisioning } from './provisioning.ts'
import { registration } from './registration.ts'
import { revoke } from './revoke.ts'
import { secondFactor } from './second-factor.ts'
import { settings } from './settings.ts'
import { start } from './start.ts'
import { statement } from './statement.ts'
import { token } from './token.ts'
import { validate } from './validate.ts'

const others: readonly Command[] = [
  start,
  validate,
  diff,
  apply,
  exportCommand,
  plan,
  policies,
  explain,
  decisions,
  observed,
  token,
  credential,
  password,
  invite,
  provisioning,
  secondFactor,
  revoke,
  disconnect,
  keys,
  addressLists,
  approvals,
  entitlements,
  audit,
  registration,
  statement,
  settings,
]

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [...others, helpOn(others)]

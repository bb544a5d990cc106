import { listAddressLists } from './address-list.ts'
import { listApiKeys } from './api-key.ts'
import { decideApproval, listApprovals } from './approval.ts'
import { listAuditRecords } from './audit.ts'
import { applyBundle, diffBundle, exportBundle, validateBundle } from './bundle.ts'
import {
  inviteUser,
  issueCredential,
  listCredentials,
  removeSecondFactor,
  revokeCredential,
  setPassword,
} from './credential.ts'
import { explainDecision, listDecisions, listObserved } from './decision.ts'
import { disconnectCalls, listDisconnections } from './disconnection.ts'
import { getDocument } from './document.ts'
import { listEntitlements, withdrawEntitlement } from './entitlement.ts'
import { listAccountLinks, listFederatedUsers, removeFederatedUser, unlinkAccount } from './federation.ts'
import {
  acknowledgeRevision,
  checkPassword,
  fetchRevision,
  fetchRevisionKey,
  listEnvironments,
  listGateways,
  reportDecisions,
  watchChanges,
} from './gateway.ts'
import { reportPolicies } from './policy-report.ts'
import { issueProvisioningToken, listProvisioningTokens, revokeProvisioningToken } from './provisioning.ts'
import { askStatement, giveLeave, issueStatement } from './registration.ts'
import { getResource, listResources, putResource, removeResource } from './resource.ts'
import { getRevision, planOperation } from './revision.ts'
import { acknowledgeRevocations, getRevocation, listRevocations, revokeTokens } from './revocation.ts'
import { listSigningKeys, removeSigningKey, rotateSigningKeys } from './signing-key.ts'

/** Every route of the management API. Paths are below `BASE_PATH`. */
export const routes = {
  getDocument,
  validateBundle,
  diffBundle,
  applyBundle,
  exportBundle,
  listResources,
  getResource,
  putResource,
  removeResource,
  issueCredential,
  listCredentials,
  revokeCredential,
  setPassword,
  inviteUser,
  removeSecondFactor,
  issueProvisioningToken,
  listProvisioningTokens,
  revokeProvisioningToken,
  listFederatedUsers,
  removeFederatedUser,
  listAccountLinks,
  unlinkAccount,
  listApprovals,
  decideApproval,
  listEntitlements,
  withdrawEntitlement,
  listAuditRecords,
  giveLeave,
  askStatement,
  issueStatement,
  listSigningKeys,
  rotateSigningKeys,
  removeSigningKey,
  getRevision,
  planOperation,
  reportPolicies,
  listDecisions,
  listObserved,
  explainDecision,
  listGateways,
  listEnvironments,
  fetchRevision,
  fetchRevisionKey,
  watchChanges,
  acknowledgeRevision,
  reportDecisions,
  checkPassword,
  revokeTokens,
  getRevocation,
  listRevocations,
  acknowledgeRevocations,
  listApiKeys,
  listAddressLists,
  disconnectCalls,
  listDisconnections,
} as const

/** Where the management API is served below the control plane's URL. */
export const BASE_PATH = '/v1'

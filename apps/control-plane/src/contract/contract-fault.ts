import { defineFaults } from '@portcullis/kernel/fault'

/** What can be wrong with a contract. Every finding of the compiler has one of these codes, or one of `source`. */
export const contractFaults = defineFaults('contract', {
  missing: {
    status: 422,
    title: 'The contract’s file is not there',
    remedy: 'Put the file into the contract’s folder, or mend its name where the API declares it.',
  },
  version: {
    status: 422,
    title: 'The document is no OpenAPI 3.0 or 3.1',
    remedy: 'Convert it to OpenAPI 3.0 or 3.1; `openapi` then says, for example, "3.1.0".',
  },
  structure: {
    status: 422,
    title: 'The document is not what OpenAPI allows',
    remedy: 'Mend it as the OpenAPI specification says.',
  },
  reference: {
    status: 422,
    title: 'A reference leads nowhere',
    remedy:
      'Write `$ref` as "#/…" within the file, or as "other-file.yaml#/…" for a file of the contract’s folder.',
  },
  outside: {
    status: 422,
    title: 'A reference leads out of the contract’s folder',
    remedy:
      'Copy what it refers to into the contract’s folder: nothing is read from elsewhere, and nothing fetched.',
  },
  empty: {
    status: 422,
    title: 'The contract has no operation',
    remedy: 'Declare at least one operation under `paths`.',
  },
  method: {
    status: 422,
    title: 'The method cannot be served',
    remedy:
      'Remove the operation: TRACE sends back what it got, credentials included, and is never forwarded.',
  },
  template: {
    status: 422,
    title: 'The path template is malformed',
    remedy: 'Write it as segments of plain text and {variables}, such as /items/{id}.',
  },
  ambiguous: {
    status: 422,
    title: 'Two path templates can mean the same path',
    remedy:
      'Change one of the two, so that no path matches both or one is the more specific in every segment.',
  },
  operationId: {
    status: 422,
    title: 'Two operations have the same id',
    remedy: 'Give each operation an `operationId` of its own.',
  },
  parameter: {
    status: 422,
    title: 'Parameters and path template do not agree',
    remedy: 'Declare each variable of the path once, with `in: path` and `required: true`, and no other.',
  },
  unsecured: {
    status: 422,
    title: 'Nobody said who may call the operation',
    remedy:
      'Either add `security` naming a scheme of the contract, to the operation or for the whole document; or state `security: []` at the operation to make it public on purpose.',
  },
  scheme: {
    status: 422,
    title: 'The security scheme is unknown or malformed',
    remedy: 'Declare the scheme under `components.securitySchemes`, with everything that its `type` demands.',
  },
  scope: {
    status: 422,
    title: 'The scope is not declared',
    remedy: 'Declare the scope with a description in a flow of its scheme, or mend its spelling.',
  },
  scopeDescription: {
    status: 422,
    title: 'People would not learn what the scope lets an app do',
    remedy: 'Describe the scope in one sentence, the same in every flow: the consent page shows it.',
  },
  example: {
    status: 422,
    title: 'An example is too large to be answered with',
    remedy: 'Make it shorter, or take away others. It matters only where the policy `mock` is attached.',
  },
  limit: {
    status: 422,
    title: 'The contract exceeds a limit',
    remedy: 'Split the contract into several APIs, or make it simpler.',
  },
  uncompilable: {
    status: 422,
    title: 'The contract could not be compiled within its limits of time and memory',
    remedy:
      'Split the contract into several APIs, or make it simpler. Operators: the log says what happened.',
  },
})

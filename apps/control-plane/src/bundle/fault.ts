import { defineFaults } from '@portcullis/kernel/fault'

/** What can be wrong with declarations as texts, before anybody asks what they mean together. */
export const bundleFaults = defineFaults('bundle', {
  invalid: {
    status: 422,
    title: 'The declarations have errors; nothing was changed',
    remedy: 'Mend what is listed and apply again.',
  },
  'too-large': {
    status: 413,
    title: 'There is too much in the bundle',
    remedy: 'Apply the organizations one by one, or leave out what is no declaration and no contract.',
  },
  'bad-path': {
    status: 422,
    title: 'A file has a path that is not plain',
    remedy: 'Use relative paths with forward slashes and without "." or ".." segments.',
  },
  'no-kind': {
    status: 422,
    title: 'A document does not say what it declares',
    remedy: 'Give it a `kind`, or take it out of the file.',
  },
  'unused-file': {
    status: 422,
    title: 'A file is neither a declaration nor named by one',
    remedy:
      'Give it a `kind`, name it as the `contract` of an API version or as the `file` of a policy set, refer to it by `$ref`, or remove it.',
  },
  'bad-declaration': {
    status: 422,
    title: 'A declaration is not as its kind demands',
    remedy: 'Change the value.',
  },
  'duplicate-declaration': {
    status: 422,
    title: 'A resource is declared twice',
    remedy: 'Keep one of the declarations.',
  },
  'foreign-organization': {
    status: 422,
    title: 'An organization belongs to itself',
    remedy: 'Give `organization` and `name` the same value.',
  },
  'large-contract': {
    status: 422,
    title: 'A contract is too large',
    remedy: 'Divide the API into several contracts of less than 15 MB.',
  },
  'no-text-file': {
    status: 422,
    title: 'A file that a declaration names is not there',
    remedy: 'Put the file into the bundle, or mend the path: it is relative to the file that names it.',
  },
  'no-contract': {
    status: 422,
    title: 'A contract is not there',
    remedy: 'Put the file into the bundle, or mend the path: it is relative to the file that names it.',
  },
})

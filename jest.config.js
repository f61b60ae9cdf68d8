// Tests import the library by its package name, as users do; jest maps it to the sources in lib/.
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }
    ]
  },
  moduleNameMapper: {
    '^node-libtorch$': '<rootDir>/lib/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1'
  },
  testTimeout: 300000,
  // All processors: Jest's own default leaves one idle, which on two halves the speed.
  maxWorkers: '100%',
  testSequencer: '<rootDir>/scripts/test/sequencer.js'
}

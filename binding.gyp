# Built by node-gyp (npm run build:gyp). Sources, folders and flags come from scripts/libtorch.js,
# as in CMakeLists.txt.
{
  'targets': [
    {
      'target_name': 'node_libtorch',
      'sources': ['<!@(node scripts/libtorch.js --get sources)'],
      'include_dirs': [
        'native',
        '<!@(node scripts/libtorch.js --get nodeInclude)',
        '<!@(node scripts/libtorch.js --get addonApiInclude)',
      ],
      'defines': ['<!@(node scripts/libtorch.js --get defines)'],
      # Node's own choices: libtorch throws, needs RTTI and says itself which standard and ABI.
      'defines!': ['_GLIBCXX_USE_CXX11_ABI=1'],
      'cflags!': ['-O3', '-fno-omit-frame-pointer'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['<!@(node scripts/libtorch.js --get compileFlags)'],
      'libraries': ['<!@(node scripts/libtorch.js --get linkFlags)'],
    },
  ],
}

"""tests/house.py finds each kind of violation in a tree made up for it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HOUSE = pathlib.Path(__file__).with_name("house.py")

CASES = {
    "an arrow that leads upwards": (
        {"src/base/a.c": '#include "src/aws/b.h"\n', "src/aws/b.h": ""},
        "src/base may not include src/aws/b.h"),
    "an arrow to a header that is not among the few allowed": (
        {"src/snapshot/a.c": '#include "src/dms/b.h"\n', "src/dms/b.h": ""},
        "src/snapshot may not include src/dms/b.h"),
    "a folder without arrows": (
        {"src/cellar/a.c": ""}, "src/cellar: not in the table of arrows"),
    "two files that include each other": (
        {"fs/tree/a.h": '#include "fs/tree/b.h"\n', "fs/tree/b.h": "",
         "fs/tree/b.c": '#include "fs/tree/a.h"\n'},
        "a circle of includes: fs/tree/a, fs/tree/b"),
    "three files in a circle": (
        {"src/base/a.h": '#include "src/base/b.h"\n',
         "src/base/b.h": '#include "src/base/c.h"\n',
         "src/base/c.h": '#include "src/base/a.h"\n'},
        "a circle of includes: src/base/a, src/base/b, src/base/c"),
    "an include that goes up": (
        {"fs/tree/a.c": '#include "../tree/b.h"\n'}, 'a.c: "../" in the include'),
    "an include from its own folder": (
        {"fs/tree/a.c": '#include "b.h"\n', "fs/tree/b.h": ""},
        '"b.h" is not written from the root'),
    "47 files in a folder": (
        {f"src/base/{i}.h": "" for i in range(46)}, "src/base: 47 files"),
    "a banner": ({"src/base/a.c": "int a;\n/* --- reading --- */\n"},
                 "a.c:2: a banner comment"),
    "a wide comment": ({"src/base/a.c": f"int a;\n/* b\n *{'c' * 88} */\n"},
                       "a.c:3: over 88 columns"),
    "a wide comment after tabs": (
        {"src/base/a.c": "\t\t\t\t\t\t\t\t\t\t/* seen */\n"}, "a.c:1: over 88 columns"),
    "a builtin atomic": ({"src/base/a.c": "int a = __atomic_load_n(b, 0);\n"},
                         "__atomic_load_n: <stdatomic.h> has it"),
    "a parameter that is cast to void": (
        {"src/base/a.c": "void a(int b)\n{\n\t(void)b;\n}\n"},
        "a.c:3: leave out the name of b"),
    "a note of something to do": ({"src/base/a.c": "/* TODO: b */\n"}, "a.c:1: TODO"),
    "a coined word": ({"src/base/a.c": "int inquiry_make(void);\n"},
                      "inquiry_make: say connection_query"),
    **{f"a call of {name}": ({"src/base/a.c": f"int a = {name}(b);\n"}, f"{name}() is")
       for name in ("strtok", "atoi", "sprintf", "strcpy", "strcat", "alloca",
                    "localtime", "gmtime", "strerror")},
}

CLEAN = {
    "fs/tree/a.c": '#include "fs/tree/a.h"\n\n#include <stdio.h>\n\n'
                   '#include "fs/content/b.h"\n#include "src/base/c.h"\n',
    "fs/tree/a.h": '#include "src/dms/connection.h"\n',
    "fs/content/b.h": "", "src/base/c.h": "", "src/dms/connection.h": "",
    "fs/main.c": '#include "fs/tree/a.h"\nint a = strerror_r(0, "atoi(1)", 2);\n',
}


def check(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return subprocess.run([sys.executable, HOUSE, root], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class House(unittest.TestCase):
    def test_names_each_violation(self):
        for name, (files, message) in CASES.items():
            with self.subTest(name):
                result = check({**CLEAN, **files})
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertIn(message, result.stdout)

    def test_accepts_a_clean_tree_and_prints_figures(self):
        result = check(CLEAN)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("circles: 0; fullest folder: fs/tree, 2 files; .c files of 80 "
                      "lines or fewer: 2 of 2, 100 %", result.stdout)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DINPUT=FILE.html -DSTYLE=FILE.css -DSCRIPT=FILE.js -DMORE=FILE.js -DOUTPUT=FILE -P compose.cmake:
# one page with its style and its scripts (as one) in it, and their hash where the page says which script may run
cmake_minimum_required(VERSION 3.25)
file(READ ${INPUT} page)
file(READ ${STYLE} style)
file(READ ${SCRIPT} script)
file(READ ${MORE} more)
string(APPEND script "${more}")

string(SHA256 hex "${script}")
set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
set(base64 "")
foreach(at RANGE 0 60 6) # 32 bytes: 10 groups of three, and two that a zero fills up
  string(SUBSTRING "${hex}00" ${at} 6 three)
  foreach(shift 18 12 6 0)
    math(EXPR letter "(0x${three} >> ${shift}) & 63")
    string(SUBSTRING ${alphabet} ${letter} 1 letter)
    string(APPEND base64 ${letter})
  endforeach()
endforeach()
string(REGEX REPLACE "A$" "=" base64 "${base64}")

string(REPLACE "@@script-hash@@" "sha256-${base64}" page "${page}")
string(REPLACE "@@style@@" "${style}" page "${page}")
string(REPLACE "@@script@@" "${script}" page "${page}")
file(WRITE ${OUTPUT} "${page}")

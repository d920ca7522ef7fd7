/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures as XML. */
#ifndef TESTS_XML_H
#define TESTS_XML_H

/* Is this XML that a parser takes? Knows what the pictures have: tags, attributes, entities. */
void expect_xml(const char *what, const char *text);

#endif

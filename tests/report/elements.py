"""What a page is made of."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    """All elements of a page: (tag, attributes), and the text of each script and of the rest."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts, self.text, self.inside = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data
        else:
            self.text.append(data)

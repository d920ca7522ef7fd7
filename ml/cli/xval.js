sheet(listed(JSON.parse($('data').textContent)));

for (const data of document.querySelectorAll('script[type="application/json"]'))
  sheet(listed(JSON.parse(data.textContent)), data.id.slice('data'.length));

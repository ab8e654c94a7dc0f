from s0_server import serve

if __name__ == "__main__":
    serve("original", default_port=8003)

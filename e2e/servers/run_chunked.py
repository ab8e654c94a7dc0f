from s0_server import serve

if __name__ == "__main__":
    serve("chunked", default_port=8002)
